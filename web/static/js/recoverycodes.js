// Recovery codes, shown once where they were made; on from there only when somebody says that they are noted.

import { FACTORS } from "./words/factors.js";

/** @param {HTMLElement} place @param {string[]} codes @param {string} on the address to go on to */
export function showCodes(place, codes, on) {
  const title = document.createElement("h2");
  title.textContent = FACTORS.codesTitle;
  const hint = document.createElement("p");
  hint.textContent = FACTORS.codesHint;
  const list = document.createElement("ol");
  list.className = "lines number";
  for (const code of codes) {
    list.append(Object.assign(document.createElement("li"), { textContent: code }));
  }
  const further = document.createElement("p");
  further.append(Object.assign(document.createElement("a"), { className: "button", href: on, textContent: FACTORS.codesDone }));
  place.replaceChildren(title, hint, list, further);
  place.hidden = false;
  place.focus();
}
