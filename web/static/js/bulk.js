// Several cases at once: chosen with Space, Shift or "all"; one action, an answer for each, only the failed tried again.

import { freshKey, get, post } from "./api.js";
import { undoable } from "./undo.js";
import { BULK, PICK } from "./words/queue.js";

const MOST = 200;
const bar = document.getElementById("bulk");
const picked = new Map(); // case number → {keeper, words}
let last = null; // the box that was chosen last: Shift chooses from there

if (bar) {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onSpace);
  document.getElementById("pick-page").addEventListener("change", ({ target }) => pickPage(target.checked));
  document.getElementById("pick-all").addEventListener("click", pickAll);
  for (const [id, act] of [["bulk-remind", remind], ["bulk-assign", assign]]) {
    document.querySelector(`#${id} [value=yes]`).addEventListener("click", () => act());
  }
  keepPicked();
}

/** After rows were renewed: what was chosen is chosen still. */
export function keepPicked() {
  if (!bar) {
    return;
  }
  for (const box of boxes()) {
    box.checked = picked.has(box.value);
    box.closest("li").toggleAttribute("data-picked", box.checked);
  }
  tell();
}

function boxes() {
  return [...document.querySelectorAll(".rows input[name=pick]")];
}

function onClick(event) {
  const box = event.target.closest(".rows input[name=pick]");
  if (box) {
    const [from, to] = [boxes().indexOf(last), boxes().indexOf(box)];
    const range = event.shiftKey && from >= 0 ? boxes().slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    choose(range, box.checked);
    last = box;
  }
}

/** Space on a row, whichever part of it has the focus; the box itself needs no help but for Shift. */
function onSpace(event) {
  const row = event.target.closest(".rows > li");
  if (event.key !== " " || !row || event.target.closest("button, summary")) {
    return;
  }
  event.preventDefault();
  const box = row.querySelector("input[name=pick]");
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: event.shiftKey }));
}

function choose(some, on) {
  for (const box of some) {
    if (on && (picked.size < MOST || picked.has(box.value))) {
      picked.set(box.value, { keeper: box.dataset.keeper || null, words: wordsOf(box) });
    } else {
      picked.delete(box.value);
    }
  }
  keepPicked();
}

function wordsOf(box) {
  const row = box.closest("li");
  return `${row.querySelector(".person").textContent} ${box.value.slice(-5, -1)}`.trim();
}

function pickPage(on) {
  choose(boxes(), on);
}

/** Everything that the list has, also what stands on its other pages. */
async function pickAll() {
  if (picked.size >= Number(bar.dataset.there)) {
    picked.clear();
    keepPicked();
    return;
  }
  const { cases } = await get(bar.dataset.api);
  for (const one of cases) {
    picked.set(one.caseNo, { keeper: one.keeper, words: `${one.who} ${one.caseNo.slice(-5, -1)}`.trim() });
  }
  keepPicked();
}

function tell() {
  const count = picked.size;
  const there = Number(bar.dataset.there);
  const all = document.getElementById("pick-all");
  const more = Number.isNaN(there) || there > boxes().length;
  const chosen = count === MOST ? PICK.most(MOST) : PICK.some(count);
  document.getElementById("picked").textContent = count ? chosen : PICK.none;
  document.getElementById("pick-page").checked = boxes().length > 0 && boxes().every((box) => box.checked);
  all.hidden = count === 0 || !more;
  all.disabled = Number.isNaN(there);
  all.textContent = Number.isNaN(there) ? PICK.tooMany : count >= there ? PICK.forget : PICK.all(there);
  for (const button of bar.querySelectorAll("[data-confirm]")) {
    button.disabled = count === 0;
  }
  const [first] = picked.values();
  for (const named of document.querySelectorAll(".picked-named")) {
    named.textContent = first ? PICK.named(count, first.words) : "";
  }
}

function remind(numbers = [...picked.keys()]) {
  const reason = document.getElementById("bulk-reason");
  reason.setCustomValidity(reason.value.trim().length < 2 ? BULK.noReason : "");
  if (reason.reportValidity()) {
    send("bulk-remind", "/api/v1/cases:remind", { cases: numbers, reason: reason.value.trim() }, remind);
  }
}

function assign(numbers = [...picked.keys()]) {
  const to = document.getElementById("bulk-to").value;
  const rows = numbers.map((caseNo) => ({ caseNo, to, seen: picked.get(caseNo).keeper }));
  send("bulk-assign", "/api/v1/cases:assign", { rows }, assign, (done) => undoable(done, to));
}

async function send(dialog, path, body, again, afterwards) {
  document.getElementById(dialog).close();
  document.getElementById("picked").textContent = BULK.working((body.cases ?? body.rows).length);
  try {
    const answer = await post(path, body, freshKey());
    result(answer, again);
    afterwards?.(answer.lines.filter((line) => line.ok));
  } catch (problem) {
    result({ done: 0, failed: 0, lines: [], said: BULK.failed + problem.message }, again);
  }
}

/** What became of each, the failed first; those stay chosen and can be tried again. */
function result({ done, failed, lines, said }, again) {
  const dialog = document.getElementById("bulk-result");
  const heading = document.getElementById("bulk-said");
  const button = document.getElementById("bulk-again");
  heading.textContent = said ?? BULK.said(done, failed);
  const order = [...lines].sort((one, other) => one.ok - other.ok);
  dialog.querySelector(".results").replaceChildren(...order.map(lineOf));
  const left = order.filter((line) => !line.ok).map((line) => line.caseNo);
  button.hidden = left.length === 0;
  button.textContent = BULK.again(left.length);
  button.onclick = () => {
    dialog.close();
    again(left);
  };
  dialog.showModal();
  heading.focus();
  for (const line of lines.filter((each) => each.ok)) {
    picked.delete(line.caseNo);
  }
  keepPicked();
}

function lineOf(line) {
  const item = document.createElement("li");
  const words = picked.get(line.caseNo)?.words ?? line.caseNo;
  item.className = line.ok ? "ok" : "not";
  item.textContent = `${line.ok ? "✓" : "■"} ${words}：${line.ok ? BULK.ok : line.detail}`;
  return item;
}
