// A case followed live: the history comes as server-sent events, the changed parts as HTML from the server.
// A part in which somebody is typing is left alone until it is left.

import { follow } from "./stream.js";

const holder = document.getElementById("live");
const state = document.getElementById("live-state");
const path = `/window/${holder.dataset.case}/live${location.search}`;
const PAUSE_MS = 150;
let timer = 0;
let wanted = false;
let asking = false;
let away = false;

function busy(part) {
  const held = part.querySelector("upload-field[data-held]"); // files that wait for the form to be sent
  return part.dataset.live === "acts" && (held !== null || part.contains(document.activeElement));
}

async function refresh() {
  if (asking) {
    wanted = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(path);
    if (answer.ok && !answer.redirected) {
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    state.textContent = "连接中断，正在重试…";
  } finally {
    asking = false;
  }
  if (wanted) {
    wanted = false;
    soon();
  }
}

function take(fresh) {
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const shown = holder.querySelector(`[data-live="${part.dataset.live}"]`);
    const open = [...shown.querySelectorAll("details")].map((each) => each.open);
    if (!busy(shown) && shown.dataset.source !== part.innerHTML) {
      shown.innerHTML = part.innerHTML;
      shown.dataset.source = part.innerHTML;
      shown.querySelectorAll("details").forEach((each, place) => (each.open = open[place] ?? false));
    }
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, PAUSE_MS);
}

const WORDS = {
  open: "正在实时更新",
  away: "连接中断，正在重试…",
  closed: "全部办完，不再更新",
  over: "登录已结束，请重新登录",
  crowded: "打开的办件太多，本页不自动更新",
};

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
  state.textContent = WORDS[what];
}

function start() {
  const leave = follow(holder.dataset.case, Number(holder.dataset.since), heard);
  window.addEventListener("pagehide", leave, { once: true });
}

if (holder.dataset.closed) {
  state.textContent = "全部办完";
} else {
  start();
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      start(); // the browser kept the page as it was
      soon();
    }
  });
}
