// After a registration: the receipt prints by itself once, on the paper that this window uses; one key goes on.

import { isImeKey } from "./keys.js";
import { PRINT } from "./words/registered.js";

const PAPER = "kuayu-paper";
const holder = document.getElementById("registered");
const paper = document.getElementById("paper");
const link = document.getElementById("print");
const said = document.getElementById("print-said");
const next = document.getElementById("next");

function follow() {
  link.href = `/api/v1/cases/${holder.dataset.case}/receipt.pdf?paper=${paper.value}`;
}

/** The PDF in a frame that nobody sees, and the browser's own printing of it. */
function print() {
  document.querySelector(".print-frame")?.remove();
  const frame = document.createElement("iframe");
  frame.className = "print-frame";
  frame.title = link.textContent;
  frame.tabIndex = -1;
  frame.src = link.href;
  frame.addEventListener("load", () => {
    try {
      frame.contentWindow.print();
      said.textContent = PRINT.started;
    } catch {
      open(link.href, "_blank", "noopener"); // a browser without a viewer of its own
    }
    next.focus();
  });
  document.body.append(frame);
}

paper.value = localStorage.getItem(PAPER) ?? "80mm";
follow();
paper.addEventListener("change", () => {
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
