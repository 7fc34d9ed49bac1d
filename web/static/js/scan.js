// One scan after another, with or without a network.

import { countedIn, forget } from "./counting.js";
import { isImeEnter } from "./keys.js";
import { ScanQueue } from "./scanqueue.js";

const FRESH = { accepted: "已记录", duplicate: "已记录过", conflict: "与先前的记录不一致", rejected: "没有记录" };
const REASONS = {
  UNKNOWN_PARCEL: "还没有这个邮件号的订单，先留存",
  REPEAT: "刚才扫过，不重复计",
  OUT_OF_PLACE: "与已知环节不符，只留存",
  SIGNER_SHORT: "还需有权签收的人签收",
  CLOCK_SUSPECT: "本机时间不准",
  ROLE: "这个环节由其他岗位扫描",
  SEQUENCE_USED: "本机序号已被占用，正换号重新上传，请勿关闭页面",
  CHANGED: "内容与先前不同",
};

const form = document.getElementById("scan-form");
const told = document.getElementById("scan-result");
const log = document.getElementById("scan-log");
const pending = document.getElementById("scan-waiting");
const kind = form.elements.kind;

function showOnly() {
  for (const part of form.querySelectorAll("[data-only]")) {
    part.hidden = !part.dataset.only.split(" ").includes(kind.value);
  }
}

function scanned() {
  const said = { kind: kind.value, code: form.elements.code.value.trim() };
  for (const part of form.querySelectorAll("[data-only]:not([hidden]) select")) {
    said[part.name] = part.value;
  }
  return said;
}

function words(event, rest) {
  const stage = form.querySelector(`#kind option[value="${event.kind}"]`)?.text ?? event.kind;
  return `${event.code} ${stage}：${rest}`;
}

function say(good, text) {
  told.className = good ? "good" : "bad";
  told.textContent = text;
}

function showResult(event, { result, code }) {
  const why = REASONS[code] ?? (code ? `（${code}）` : "");
  const text = words(event, `${FRESH[result]}${why ? `，${why}` : ""}`);
  say(result === "accepted" || result === "duplicate", text);
  const line = document.createElement("li");
  line.textContent = `${new Date().toLocaleTimeString("zh-CN")} ${text}`;
  log.prepend(line);
}

function showWaiting(count) {
  const refused = queue.refused();
  const why = refused > 0 ? `，其中 ${refused} 条序号被占用，正换号重新上传` : "";
  pending.textContent = count > 0 ? `${count} 条扫描存在本机，联网后自动上传${why}` : "";
}

async function record() {
  const said = scanned();
  if (!said.code) {
    say(false, "请先扫描或填写邮件号");
    form.elements.code.focus();
    return;
  }
  const counted = countedIn(said.code);
  if (counted.fault) {
    say(false, counted.fault);
    counted.field.focus();
    return;
  }
  const event = queue.add(counted.manifest ? { ...said, manifest: counted.manifest } : said);
  forget(said.code);
  form.elements.code.value = "";
  form.elements.code.focus();
  const problem = await queue.send();
  if (problem !== null) {
    say(true, words(event, problem.status === 0 ? "已存在本机，联网后自动上传" : `已存在本机，${problem.message}`));
  }
}

const queue = new ScanQueue(form.dataset.person, showResult, showWaiting);
showWaiting(queue.mine().length);
queue.send();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  record();
});
form.addEventListener("keydown", (event) => {
  if (isImeEnter(event)) {
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
