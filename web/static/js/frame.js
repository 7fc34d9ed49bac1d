// Keys that work on every page: F2 a new case, F4 the search, ? their list; in a list j, k and arrows move, Enter opens.
// A single letter counts only while the focus is in a list, so that nobody's dictation or input method sets it off.

import "./confirm.js";
import { isImeKey } from "./keys.js";
import "./search.js";

const TYPED = "input:not([type=checkbox]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if (isImeKey(event) || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) {
    return;
  }
  if (general(event) || inList(event)) {
    event.preventDefault();
  }
});

function general(event) {
  if (event.key === "F2") {
    document.getElementById("new-case")?.click();
  } else if (event.key === "F4") {
    const box = document.getElementById("find");
    box.focus();
    box.select();
  } else if (event.key === "?" && !event.target.closest(TYPED) && !document.querySelector("dialog[open]")) {
    document.getElementById("keys").showModal();
  } else {
    return false;
  }
  return true;
}

/** Moves to the next or the previous row; the first press in a page goes to its first row. */
function inList(event) {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const row = event.target.closest(".rows > li");
  if (!step || (!row && event.target !== document.body)) {
    return false;
  }
  if (!row && event.key.startsWith("Arrow")) {
    return false; // the page scrolls
  }
  const beside = step > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  const next = row ? beside : document.querySelector(".rows > li");
  next?.querySelector("a.whole").focus();
  return next !== null;
}

// A page that the browser has kept shows what was; what is shown must be what is.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted && !document.getElementById("live")) {
    location.reload();
  }
});
