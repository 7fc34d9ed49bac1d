// The list of cases, live: what is new is fetched beside it and counted, a bar says how many; only a press shows it.
// So no row moves under the pointer, and what is selected, focused or opened stays so.

import { keepPicked } from "./bulk.js";
import { follow, LISTS } from "./stream.js";
import { renewBy, say } from "./updates.js";

const LIVE = ["said", "tabs", "rows", "todo"];
const GATHER_MS = 300;
const BETWEEN_MS = 3000; // a busy hall has many events a second
const KEYED = "[data-case], [data-task]";
let fresh = null; // the newest answer, not shown yet
let timer = 0;
let last = 0;

renewBy(show);
start();
document.addEventListener("visibilitychange", () => !document.hidden && timer === -1 && soon());

function start() {
  const leave = follow(LISTS, 0, (what) => (what === "case" ? soon() : undefined));
  window.addEventListener("pagehide", leave, { once: true });
}

function soon() {
  if (document.hidden) {
    timer = -1; // looked at when somebody looks
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(GATHER_MS, last + BETWEEN_MS - Date.now()));
}

async function look() {
  last = Date.now();
  try {
    const answer = await fetch(`${location.pathname}/live${location.search}`);
    if (answer.ok && !answer.redirected) {
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      say(differences());
    }
  } catch {
    soon(); // the network is away: the list stays, and is looked at again
  }
}

/** How many rows a press would change, bring or take away. */
function differences() {
  const [shown, come] = [versions(document), versions(fresh)];
  const gone = [...shown.keys()].filter((key) => !come.has(key)).length;
  const added = [...come.keys()].filter((key) => !shown.has(key)).length;
  const changed = [...come].filter(([key, version]) => shown.has(key) && shown.get(key) !== version).length;
  return changed + Math.max(gone, added);
}

function versions(page) {
  const parts = [...page.querySelectorAll("[data-live]")];
  const rows = parts.flatMap((part) => [...part.querySelectorAll(KEYED)]);
  return new Map(rows.map((row) => [row.dataset.case ?? row.dataset.task, row.dataset.v]));
}

function show() {
  const held = document.activeElement?.closest(KEYED);
  const open = new Set([...document.querySelectorAll("[data-task] > details[open]")].map(keyOf));
  for (const name of LIVE) {
    const part = document.querySelector(`[data-live="${name}"]`);
    const news = fresh.querySelector(`[data-live="${name}"]`);
    if (part && news && !isFilledIn(part)) {
      part.replaceChildren(...news.childNodes);
    }
  }
  for (const task of document.querySelectorAll("[data-task] > details")) {
    task.open ||= open.has(keyOf(task));
  }
  keepPicked();
  const again = held && [...document.querySelectorAll(KEYED)].find((row) => key(row) === key(held));
  (again?.querySelector("a.whole, summary") ?? document.querySelector("h1")).focus?.();
  say(0);
}

function key(row) {
  return row.dataset.case ?? row.dataset.task;
}

function keyOf(details) {
  return key(details.parentElement);
}

/** Somebody has begun to decide a task: that part waits until it is sent. */
function isFilledIn(part) {
  return [...part.querySelectorAll("form[data-api] [name=reason]")].some((field) => field.value !== "");
}
