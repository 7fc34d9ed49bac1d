// 上传: each scan of this device and what became of it; send now, save to a file.

import { QUEUE, STATE } from "../words/scan.js";
import { at } from "../words/times.js";
import { button, made } from "./dom.js";
import { label } from "./stages.js";
import { why } from "./troubles.js";
import { view } from "./views.js";

const SHOWN = 200;
const REMARKS = { REPEAT: STATE.repeat, CLOCK_SUSPECT: STATE.clock, UNKNOWN_PARCEL: STATE.warned };

view("waiting", {
  title: QUEUE.title,
  async open(root, context) {
    const send = button(QUEUE.send, () => sendNow(context, send), { class: "main" });
    const save = button(QUEUE.export, () => context.exportScans());
    const list = made("ol", { class: "log", id: "scan-log" });
    root.append(made("h2", {}, QUEUE.title), made("p", { id: "others", hidden: true }), list, acts(save, send));
    await this.changed(context);
  },
  async changed(context) {
    const [rows, others] = await Promise.all([context.queue.list(SHOWN), context.queue.others()]);
    const list = document.getElementById("scan-log");
    if (!list) {
      return;
    }
    list.replaceChildren(...(rows.length > 0 ? rows.map(line) : [made("li", { class: "empty" }, QUEUE.none)]));
    const more = document.getElementById("others");
    more.hidden = others === 0;
    more.textContent = QUEUE.others(others);
  },
  async scanned(code, context) {
    await context.show("scan");
    context.input.give(code);
  },
});

/** What became of a scan, in words. */
export function stateOf(row) {
  if (row.waiting) {
    return row.code === "SEQUENCE_USED" ? STATE.renumbered : STATE.waiting;
  }
  if (row.state === "trouble") {
    return why(row);
  }
  return row.result === "duplicate" ? STATE.duplicate : (REMARKS[row.code] ?? STATE.sent);
}

/** A row of the list: when, what, and what became of it. */
export function line(row) {
  const kind = row.waiting ? "waiting" : row.state;
  const tried = row.waiting && row.tries > 0 && row.said ? made("small", {}, [QUEUE.tries(row.tries), row.said].join("：")) : null;
  return made(
    "li",
    { "data-state": kind },
    made("span", { class: "log-at" }, at(row.madeAt)),
    made("span", { class: "number" }, row.number),
    made("span", {}, label(row.event.kind)),
    made("span", { class: "log-state" }, stateOf(row)),
    tried,
  );
}

/** Everything that is kept, as a file for whoever can still save it. */
export async function exportScans({ queue }) {
  const text = JSON.stringify(await queue.everything(), null, 1);
  const link = made("a", { download: `kuayu-scan-${new Date().toISOString().slice(0, 16).replace(":", "")}.json` });
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function acts(...buttons) {
  return made("p", { class: "acts" }, buttons);
}

async function sendNow(context, send) {
  send.disabled = true;
  send.textContent = QUEUE.sending;
  await context.sync.sendNow();
  send.disabled = false;
  send.textContent = QUEUE.send;
}
