// The box that finds everything: asked while typing, in a body and never in an address; arrows choose, Enter opens.

import { isEnter, isImeKey } from "./keys.js";
import { SEARCH } from "./words/frame.js";

const PAUSE_MS = 180;
const box = document.getElementById("find");
const list = document.getElementById("found");
let timer = 0;
let asked = null; // the request that is under way

if (box) {
  box.addEventListener("input", (event) => {
    if (!event.isComposing) {
      soon();
    }
  });
  box.addEventListener("compositionend", soon);
  box.addEventListener("keydown", onKey);
  box.addEventListener("focus", () => list.childElementCount && box.value.trim() && open());
  box.form.addEventListener("submit", (event) => {
    event.preventDefault(); // the answer is in the list already, or comes
    const first = chosen() ?? options()[0];
    first ? first.click() : ask();
  });
  document.addEventListener("click", (event) => event.target.closest(".find") || close());
  box.form.addEventListener("focusout", ({ relatedTarget }) => relatedTarget?.closest(".find") || setTimeout(close, 150));
}

function soon() {
  clearTimeout(timer);
  forget();
  if (box.value.trim()) {
    timer = setTimeout(ask, PAUSE_MS);
  } else {
    close();
  }
}

/** What stands in the list no longer answers what stands in the box: nobody must open it by a quick Enter. */
function forget() {
  asked?.abort();
  list.replaceChildren();
}

async function ask() {
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  say(SEARCH.searching);
  try {
    const body = new URLSearchParams({ q: box.value });
    const headers = { "HX-Request": "true" };
    const answer = await fetch("/search", { method: "POST", body, headers, signal: mine.signal });
    if (answer.redirected || !answer.ok) {
      say(SEARCH.failed);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    list.replaceChildren(...page.body.childNodes);
    open();
  } catch (fault) {
    if (fault.name !== "AbortError") {
      say(SEARCH.failed);
    }
  }
}

function say(words) {
  const line = document.createElement("p");
  line.className = "none";
  line.textContent = words;
  list.replaceChildren(line);
  open();
}

function onKey(event) {
  if (isImeKey(event)) {
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape") {
    close();
  } else if (isEnter(event) && chosen()) {
    event.preventDefault();
    chosen().click();
  }
}

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function chosen() {
  return list.querySelector("[aria-selected=true]");
}

function move(step) {
  const all = options();
  if (all.length === 0) {
    return;
  }
  const from = all.indexOf(chosen());
  const next = all[from < 0 ? (step > 0 ? 0 : all.length - 1) : (from + step + all.length) % all.length];
  for (const each of all) {
    each.setAttribute("aria-selected", String(each === next));
  }
  box.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

function open() {
  list.hidden = false;
  list.setAttribute("role", options().length ? "listbox" : "status"); // a sentence is no list to choose from
  box.setAttribute("aria-expanded", "true");
}

function close() {
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}
