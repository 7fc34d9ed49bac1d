// After a registration: the receipt prints by itself once, on the paper that this window uses; one key goes on.

import { isImeKey } from "./keys.js";
import { PRINT } from "./words/registered.js";

const PAPER = "kuayu-paper";
const SLIP = "80mm";
const holder = document.getElementById("registered");
const paper = document.getElementById("paper");
const link = document.getElementById("print");
const said = document.getElementById("print-said");
const sheets = [...document.querySelectorAll(".sheet")];
const next = document.getElementById("next");

/** The sheets of the chosen paper: pictures that the browser prints in their exact size. A slip has one. */
function follow() {
  link.href = `/api/v1/cases/${holder.dataset.case}/receipt.pdf?paper=${paper.value}`;
  for (const sheet of sheets) {
    sheet.hidden = paper.value === SLIP && sheet.dataset.sheet !== "0";
    if (!sheet.hidden) {
      sheet.src = `/window/${holder.dataset.case}/receipt.png?paper=${paper.value}&sheet=${sheet.dataset.sheet}`;
    }
  }
  for (const style of document.querySelectorAll("link[data-paper]")) {
    style.disabled = style.dataset.paper !== paper.value;
  }
}

async function drawn() {
  const shown = sheets.filter((sheet) => !sheet.hidden).map((sheet) => sheet.decode());
  return (await Promise.allSettled(shown)).every((sheet) => sheet.status === "fulfilled");
}

async function print() {
  if (!(await drawn()) && !(await drawn())) { // the first time another paper may have been chosen meanwhile
    open(link.href, "_blank", "noopener"); // no picture: the PDF itself
    return;
  }
  window.print();
  said.textContent = PRINT.started;
  next.focus();
}

paper.value = localStorage.getItem(PAPER) ?? SLIP;
follow();
paper.addEventListener("change", () => {
  said.textContent = "";
  localStorage.setItem(PAPER, paper.value);
  follow();
});
link.addEventListener("click", (event) => {
  event.preventDefault();
  print();
});

const KEYS = {
  F2: () => next.click(),
  F7: () => document.getElementById("case").click(),
  F8: print,
  F9: () => next.click(),
};

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
  if (plain && KEYS[event.key] && !isImeKey(event)) {
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  }
});

next.focus();
if (location.hash === "#print") {
  history.replaceState(null, "", location.pathname); // loading it again prints nothing
  print();
}
