// News about a list: a bar says how many, and only a press renews it, so that no row moves under the pointer.
// Selected rows stay selected; nothing that somebody has begun to fill in is touched.

import { UPDATES } from "./words/parts.js";

const bar = document.querySelector("[data-updates]");
const changed = new Set();

/** One more row of this list is out of date; `key` is what it is about, so that two events of one case count once. */
export function changedRow(key) {
  changed.add(key);
  bar.hidden = false;
  bar.textContent = UPDATES.some(changed.size);
}

bar?.addEventListener("click", () => location.reload());
