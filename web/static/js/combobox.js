// A search box with live results (ARIA combobox with a list): the server searches, arrows move, Enter takes.

import { get } from "./api.js";
import { isEnter, isImeKey } from "./keys.js";
import { COMBOBOX } from "./words/parts.js";

const PAUSE_MS = 120;

/**
 * @param {HTMLInputElement} box the combobox; the next <ul role=listbox> and hidden input belong to it
 * @param look (text, signal) → Promise of [{value, title, note}]
 * @param taken ({value, title, note} | null) called when something is chosen, or null when the choice is given up
 * @param onEmpty an empty box offers something, too: `look("")`
 */
export function combobox(box, look, taken, { onEmpty = false } = {}) {
  const list = document.getElementById(box.getAttribute("aria-controls"));
  const hidden = box.parentElement.querySelector("input[type=hidden]");
  let found = [];
  let at = -1;
  let timer = 0;
  let asking = null;
  let behind = false; // what is shown is not what was typed
  let entered = false; // Enter came before the answer

  function show(results) {
    found = results;
    at = results.length > 0 ? 0 : -1;
    list.replaceChildren(...results.map((each, place) => option(list.id, each, place)));
    if (results.length === 0) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = COMBOBOX.none;
      list.append(none);
    }
    list.hidden = false;
    mark();
  }

  function mark() {
    for (const [place, each] of [...list.children].entries()) {
      each.setAttribute("aria-selected", String(place === at));
    }
    box.setAttribute("aria-expanded", String(!list.hidden));
    const current = !list.hidden && at >= 0 ? list.children[at] : null;
    current ? box.setAttribute("aria-activedescendant", current.id) : box.removeAttribute("aria-activedescendant");
    current?.scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    mark();
  }

  function take(place) {
    const choice = found[place];
    if (!choice) {
      return;
    }
    box.value = choice.title;
    hidden.value = choice.value;
    close();
    taken(choice);
    hidden.dispatchEvent(new Event("change", { bubbles: true })); // a script's own change is told by nobody else
  }

  async function search() {
    clearTimeout(timer);
    asking?.abort();
    asking = new AbortController();
    const text = box.value.trim();
    if (!text && !onEmpty) {
      close();
      return;
    }
    try {
      const results = await look(text, asking.signal);
      behind = false;
      text || results.length > 0 ? show(results) : close();
      if (entered) {
        entered = false;
        take(at);
      }
    } catch (problem) {
      if (problem.status > 0) {
        close();
      }
    }
  }

  box.addEventListener("input", (event) => {
    if (hidden.value) {
      hidden.value = "";
      taken(null);
    }
    clearTimeout(timer);
    behind = true;
    entered = false;
    if (!event.isComposing) {
      timer = setTimeout(search, PAUSE_MS);
    }
  });
  box.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (isImeKey(event)) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        search();
      } else if (found.length > 0) {
        at = (at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
        mark();
      }
    } else if (isEnter(event)) {
      event.preventDefault(); // Enter in a search box takes a result, it never sends the form
      if (behind && box.value.trim()) {
        entered = true; // the answer to what was typed is taken, not the one before it
        search();
      } else if (!list.hidden) {
        take(at);
      } else if (hidden.value) {
        box.dispatchEvent(new Event("onward", { bubbles: true }));
      }
    } else if (event.key === "Escape") {
      close();
    }
  });
  box.addEventListener("focus", () => hidden.value && box.select()); // what is typed replaces what was chosen
  if (onEmpty) {
    box.addEventListener("focus", () => box.value.trim() || search());
  }
  box.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the box keeps the focus
    const place = [...list.children].indexOf(event.target.closest("[role=option]"));
    take(place);
  });
}

function option(prefix, each, place) {
  const item = document.createElement("li");
  item.id = `${prefix}-${place}`;
  item.setAttribute("role", "option");
  const title = document.createElement("span");
  title.textContent = each.title;
  const note = document.createElement("small");
  note.textContent = each.note;
  item.append(title, note);
  return item;
}

export async function lookRegions(text, signal) {
  const answer = await get(`/api/v1/regions?q=${encodeURIComponent(text)}`, signal);
  return answer.regions.slice(0, 8).map((each) => ({ value: each.code, title: each.fullName, note: each.code }));
}
