// A case followed live: the history comes as server-sent events, the changed parts as HTML from the server.
// A part in which somebody is typing is left alone until it is left.

const holder = document.getElementById("live");
const state = document.getElementById("live-state");
const path = `/window/${holder.dataset.case}/live`;
const PAUSE_MS = 150;
let timer = 0;
let wanted = false;
let asking = false;

function busy(part) {
  return part.dataset.live === "acts" && part.contains(document.activeElement);
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

function follow() {
  const stream = new EventSource(`/api/v1/cases/${holder.dataset.case}/stream`);
  stream.addEventListener("open", () => (state.textContent = "正在实时更新"));
  stream.addEventListener("case", soon);
  stream.addEventListener("error", () => (state.textContent = "连接中断，正在重试…"));
  stream.addEventListener("closed", async () => {
    stream.close();
    await refresh();
    state.textContent = "全部办完，不再更新";
  });
  window.addEventListener("pagehide", () => stream.close());
}

if (holder.dataset.closed) {
  state.textContent = "全部办完";
} else {
  follow();
}
