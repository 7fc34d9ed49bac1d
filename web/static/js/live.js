// A case followed live: the history comes as server-sent events, the changed parts as HTML from the server.
// What is being used is left alone until it is left; what is pointed at or has the focus stays where it is.

import { renew } from "./renewing.js";
import { follow } from "./stream.js";
import { LIVE } from "./words/case.js";

const holder = document.getElementById("live");
const state = document.getElementById("live-state");
const path = `/window/${holder.dataset.case}/live${location.search}`;
const PAUSE_MS = 150;
let timer = 0;
let wanted = false;
let asking = false;
let away = false;
let held = false; // a part waits until it is left

async function refresh() {
  if (asking) {
    wanted = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(path);
    if (answer.ok && !answer.redirected) {
      held = renew(holder, new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    state.textContent = LIVE.away;
  } finally {
    asking = false;
  }
  if (wanted) {
    wanted = false;
    soon();
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, PAUSE_MS);
}

for (const left of ["focusout", "close", "pointerup"]) {
  holder.addEventListener(left, () => held && soon(), true);
}

async function heard(what) {
  if (what === "case") {
    soon();
    return;
  }
  if (what === "open" && away) {
    soon(); // whatever was missed
  }
  away = what === "away";
  if (what === "closed") {
    await refresh();
  }
  state.textContent = LIVE[what];
}

function start() {
  const leave = follow(holder.dataset.case, Number(holder.dataset.since), heard);
  window.addEventListener("pagehide", leave, { once: true });
}

if (holder.dataset.closed) {
  state.textContent = LIVE.ended;
} else {
  start();
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      start(); // the browser kept the page as it was
      soon();
    }
  });
}
