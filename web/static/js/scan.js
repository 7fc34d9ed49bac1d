// One scan after another. The device's id and its sequence stay on the device, so that nothing is taken twice.

import { freshKey, post } from "./api.js";
import { isImeKey } from "./keys.js";

const DEVICE = "kuayu-device";
const SEQUENCE = "kuayu-sequence";
const FRESH = { accepted: "已记录", duplicate: "已记录过", conflict: "与先前的记录不一致", rejected: "没有记录" };
const REASONS = {
  UNKNOWN_PARCEL: "还没有这个邮件号的订单，先留存",
  REPEAT: "刚才扫过，不重复计",
  OUT_OF_PLACE: "与已知环节不符，只留存",
  SIGNER_SHORT: "还需有权签收的人签收",
  CLOCK_SUSPECT: "本机时间不准",
  ROLE: "这个环节由其他岗位扫描",
  SEQUENCE_USED: "本机序号已用过，请刷新页面",
  CHANGED: "内容与先前不同",
};

const form = document.getElementById("scan-form");
const told = document.getElementById("scan-result");
const log = document.getElementById("scan-log");
const kind = form.elements.kind;

function device() {
  let id = localStorage.getItem(DEVICE);
  if (!id) {
    id = `web-${freshKey()}`;
    localStorage.setItem(DEVICE, id);
  }
  return id;
}

function nextSequence() {
  const next = Number(localStorage.getItem(SEQUENCE) ?? "0") + 1;
  localStorage.setItem(SEQUENCE, String(next));
  return next;
}

function showOnly() {
  for (const part of form.querySelectorAll("[data-only]")) {
    part.hidden = !part.dataset.only.split(" ").includes(kind.value);
  }
}

function scanned() {
  const event = {
    eventId: freshKey(),
    deviceSeq: nextSequence(),
    occurredAt: new Date().toISOString(),
    kind: kind.value,
    code: form.elements.code.value.trim(),
  };
  for (const part of form.querySelectorAll("[data-only]:not([hidden]) select")) {
    event[part.name] = part.value;
  }
  return event;
}

function say(good, text) {
  told.className = good ? "good" : "bad";
  told.textContent = text;
}

async function record() {
  const event = scanned();
  if (!event.code) {
    say(false, "请先扫描或填写邮件号");
    form.elements.code.focus();
    return;
  }
  try {
    const answer = await post("/api/v1/scans:batch", { deviceId: device(), events: [event] });
    const { result, code } = answer.results[0];
    const why = REASONS[code] ?? (code ? `（${code}）` : "");
    const words = `${event.code} ${kind.selectedOptions[0].text}：${FRESH[result]}${why ? `，${why}` : ""}`;
    say(result === "accepted" || result === "duplicate", words);
    const line = document.createElement("li");
    line.textContent = `${new Date().toLocaleTimeString("zh-CN")} ${words}`;
    log.prepend(line);
    form.elements.code.value = "";
  } catch (problem) {
    say(false, problem.message);
  }
  form.elements.code.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  record();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && isImeKey(event)) {
    event.preventDefault();
  }
});
kind.addEventListener("change", showOnly);
document.addEventListener("click", (event) => {
  const number = event.target.closest("[data-code]");
  if (number) {
    form.elements.code.value = number.dataset.code;
    kind.focus();
  }
});
showOnly();
