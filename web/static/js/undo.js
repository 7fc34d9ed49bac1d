// What has no legal effect can be taken back for ten seconds: a bar that goes by itself.

import { freshKey, post } from "./api.js";
import { UNDO } from "./words/queue.js";

const FOR_MS = 10000;

/** @param done lines of an assignment that succeeded, each with who had it before */
export function undoable(done, to) {
  const changed = done.filter((line) => line.before !== to);
  if (changed.length === 0) {
    return;
  }
  const [bar, words] = [document.createElement("p"), document.createElement("span")];
  const back = document.createElement("button");
  bar.className = "undo";
  bar.setAttribute("role", "status");
  words.textContent = UNDO.said(changed.length, to);
  back.type = "button";
  back.textContent = UNDO.back;
  bar.append(words, back);
  document.body.append(bar);
  const gone = setTimeout(() => bar.remove(), FOR_MS);
  back.addEventListener("click", async () => {
    clearTimeout(gone);
    back.remove();
    const rows = changed.map((line) => ({ caseNo: line.caseNo, to: line.before, seen: to }));
    const answer = await post("/api/v1/cases:assign", { rows }, freshKey());
    words.textContent = answer.failed ? UNDO.partly(answer.failed) : UNDO.undone(answer.done);
    setTimeout(() => bar.remove(), FOR_MS);
  });
}
