// News about a list: a bar says how many, and only a press renews it, so that no row moves under the pointer.
// Selected rows stay selected; nothing that somebody has begun to fill in is touched.

import { UPDATES } from "./words/parts.js";

const bar = document.querySelector("[data-updates]");
const changed = new Set();
let renew = () => location.reload();

/** One more row of this list is out of date; `key` is what it is about, so that two events of one case count once. */
export function changedRow(key) {
  changed.add(key);
  say(changed.size);
}

/** So many rows are out of date, for who counts them; with none the bar goes. */
export function say(count) {
  bar.textContent = count ? UPDATES.some(count) : "";
  bar.hidden = count === 0;
}

/** What a press does instead of loading the page anew. */
export function renewBy(how) {
  renew = how;
}

bar?.addEventListener("click", () => {
  changed.clear();
  renew();
});
