// Rows by keyboard: while the focus is in a list with data-keys, j and k or the arrows move, Enter opens (it is a link).
// The first row has the focus when the page comes, so that nothing has to be reached for.

import { isImeKey } from "./keys.js";

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

function rows() {
  return [...document.querySelectorAll("[data-keys] a.whole")];
}

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !isImeKey(event);
  if (!step || !plain || !event.target.closest("[data-keys]")) {
    return;
  }
  const all = rows();
  const now = all.indexOf(event.target.closest("li")?.querySelector("a.whole"));
  const next = all[now + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

if (document.activeElement === document.body) {
  rows()[0]?.focus({ preventScroll: true });
}
