// 这台设备: whether it may scan, and the code with which it is enrolled.

import { isEnter } from "../keys.js";
import { DEVICE } from "../words/device.js";
import { at } from "../words/times.js";
import { canEnrol } from "./device.js";
import { button, made } from "./dom.js";
import { view } from "./views.js";

view("device", {
  title: DEVICE.title,
  async open(root, context) {
    root.append(made("div", { id: "device" }));
    await draw(context);
  },
  async changed(context) {
    if (!document.querySelector("#device-code:focus") && !document.getElementById("device-code")?.value) {
      await draw(context);
    }
  },
  async scanned(code, context) {
    await context.show("scan");
    context.input.give(code);
  },
  close(context) {
    context.input.resume();
  },
});

async function draw(context) {
  const { device, queue, places } = context;
  const { count } = await queue.waiting();
  const parts = [made("h2", {}, DEVICE.title)];
  if (device.key !== null) {
    const place = places.get(device.known?.outletId) ?? device.known?.outletId;
    parts.push(made("p", { class: "lead" }, DEVICE.is(device.known?.name ?? device.id)));
    parts.push(made("p", {}, device.known?.username ? DEVICE.of(place, device.known.username) : DEVICE.ofAll(place)));
  }
  if (device.lacks !== null) {
    parts.push(...lacking(context, device.lacks, count));
  }
  const asks = device.key === null || device.lacks === "signature";
  if (asks) {
    parts.push(...form(context));
  }
  parts.push(made("p", { class: "quiet number" }, device.id));
  context.input[asks && canEnrol() ? "pause" : "resume"]();
  document.getElementById("device")?.replaceChildren(...parts.filter(Boolean));
}

function lacking(context, lacks, count) {
  const { title, lines } = DEVICE.lacks[lacks];
  return [
    made("div", { class: "warn-box", role: "status" }, made("strong", {}, title), lines.map((line) => made("p", {}, line)),
      lacks === "revoked" && made("p", { class: "quiet" }, DEVICE.since(at(context.device.known.ended)))),
    count > 0 && made("p", {}, DEVICE.waits(count)),
    count > 0 && made("p", { class: "acts" }, button(DEVICE.save, () => context.exportScans())),
  ];
}

function form(context) {
  if (!canEnrol()) {
    return [made("p", {}, DEVICE.needsHttps)];
  }
  const field = made("input", { id: "device-code", type: "text", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: "32" });
  const fault = made("p", { class: "fault", id: "device-fault", role: "alert" });
  const act = button(DEVICE.enrol, () => enrol(context, field, fault, act), { class: "main" });
  field.addEventListener("keydown", (event) => isEnter(event) && act.click());
  return [
    made("p", {}, DEVICE.lead),
    made("p", { class: "field" }, made("label", { for: "device-code" }, DEVICE.code), field),
    fault, made("p", { class: "acts" }, act),
  ];
}

async function enrol(context, field, fault, act) {
  fault.textContent = "";
  if (!field.value.trim()) {
    field.focus();
    return;
  }
  act.disabled = true;
  try {
    await context.device.enrol(field.value.trim());
  } catch (problem) {
    fault.textContent = problem.message;
    act.disabled = false;
    field.select();
    return;
  }
  field.value = "";
  context.answer.good(DEVICE.done, [context.device.known.name]);
  await draw(context);
  context.sync.send();
  await context.refresh();
}
