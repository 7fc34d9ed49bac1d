// 查看明文: what a form with data-unmask was given stands under it for a minute, counted down, and nowhere else.

import { UNMASK } from "./words/unmask.js";

const TICK_MS = 1000;
let shown = null;

document.addEventListener("done", (event) => {
  const form = event.target.closest("form[data-unmask]");
  if (form) {
    form.dataset.key = "";
    show(form, event.detail);
  }
});

// A page that is left and come back to shows nothing any more.
addEventListener("pagehide", () => clear());

function show(form, { seconds, values }) {
  clear();
  const said = document.createElement("div");
  said.className = "unmasked";
  said.setAttribute("role", "status");
  const list = document.createElement("dl");
  list.className = "facts";
  for (const { whose, label, value } of values) {
    const term = document.createElement("dt");
    term.textContent = `${whose}${label}`;
    const plain = document.createElement("dd");
    plain.textContent = value;
    list.append(term, plain);
  }
  const left = document.createElement("p");
  left.className = "quiet";
  said.append(list);
  form.append(said, left);
  const until = Date.now() + seconds * TICK_MS;
  const tick = () => {
    const rest = Math.ceil((until - Date.now()) / TICK_MS);
    left.textContent = values.length > 0 ? UNMASK.left(rest) : UNMASK.nothing;
    if (rest <= 0) {
      clear();
    }
  };
  shown = { parts: [said, left], timer: setInterval(tick, TICK_MS) };
  tick();
}

function clear() {
  if (shown) {
    clearInterval(shown.timer);
    shown.parts.forEach((part) => part.remove());
    shown = null;
  }
}
