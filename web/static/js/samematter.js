// Other cases of the same person for the same item at the same place: shown before the case is posted.

import { SAME } from "./words/newcase.js";

export class SameMatter {
  /** @param {HTMLFieldSetElement} panel */
  constructor(panel) {
    this.panel = panel;
  }

  show(cases) {
    this.panel.hidden = cases.length === 0;
    this.panel.disabled = this.panel.hidden;
    this.panel.querySelector("ul").replaceChildren(...cases.map(line));
  }
}

function line(other) {
  const item = document.createElement("li");
  const link = document.createElement(other.mine ? "a" : "span"); // another unit's is looked at there
  link.className = "number";
  link.textContent = other.caseNo;
  if (other.mine) {
    link.href = `/window/${other.caseNo}`;
    link.target = "_blank";
    link.rel = "noopener";
  }
  const state = document.createElement("span");
  state.className = `state state-${other.status}`;
  state.textContent = other.statusLabel;
  item.append(link, " ", state, SAME.line(other) + (other.closedAt ? SAME.ended(other.closedAt.slice(0, 10)) : ""));
  return item;
}
