// 扫: one parcel after the other. The stage is known from the list: a person confirms it once, then every parcel whose
// next stage is the same is recorded by its scan alone.

import { forget } from "../counting.js";
import { JUDGED, SCAN } from "../words/scan.js";
import { at } from "../words/times.js";
import { button, made } from "./dom.js";
import { counting } from "./counted.js";
import { likely, label, mayRun, stages } from "./stages.js";
import { view } from "./views.js";
import { line } from "./waiting.js";

const LATELY = 5;
const MOMENT_MS = 60_000; // as the server counts it (courier.md §7)
const ASKED = { DELIVERED: "signer", PICKUP_FAILED: "failed", DELIVERY_FAILED: "failed", ON_HOLD: "paused" };
const MEMBER = { signer: "signerKind", failed: "note", paused: "note" };

let asking = null; // the parcel that waits for a person: {code, stop, kind, warned}
let run = null; // {kind, count, since}: confirmed once, holds for those that follow

view("scan", {
  title: SCAN.title,
  order: 10,
  async open(root, context) {
    asking = null;
    root.append(made("div", { id: "card" }), made("div", { id: "lately" }));
    draw(context);
    await this.changed(context);
  },
  async changed(context) {
    const box = document.getElementById("lately");
    const rows = box ? await context.queue.list(LATELY) : [];
    if (asking === null) {
      draw(context);
    }
    box?.replaceChildren(...(rows.length > 0 ? [made("h2", {}, SCAN.lately), made("ol", { class: "log" }, rows.map(line))] : []));
  },
  scanned,
  close() {
    asking = null;
  },
});

async function scanned(code, context) {
  if (asking?.code === code) {
    await confirmed(context);
    return;
  }
  if (asking !== null) {
    await context.answer.bad(JUDGED.first.title, [asking.code]);
    return;
  }
  const may = await context.mayRecord(code);
  if (!may) {
    return;
  }
  const stop = context.work.find(code);
  const kind = likely(stop, context.role);
  const again = await saidBefore(context, code);
  const fits = again !== null || (run !== null && (stop === null || run.kind === kind));
  asking = { code, stop, kind: again ?? (fits ? run.kind : kind), isAgain: again !== null, warned: may === "warned" };
  if (fits) {
    await confirmed(context);
  } else {
    context.answer.asks();
    draw(context);
  }
}

/** The stage that was said of this parcel a moment ago, or in this run: the same parcel once more, not its next step. */
async function saidBefore(context, code) {
  const last = (await context.queue.of(code)).at(-1);
  if (!last || ASKED[last.event.kind]) {
    return null;
  }
  const isMoment = Date.now() - last.madeAt < MOMENT_MS;
  return isMoment || (run?.kind === last.event.kind && last.madeAt >= run.since) ? last.event.kind : null;
}

/** What is asked for is recorded as it stands on the card. */
async function confirmed(context) {
  if (asking === null) {
    return; // pressed twice
  }
  const { code, stop, kind, warned, isAgain } = asking;
  const said = { kind, code, ...(stop ? { epoch: stop.epoch } : {}) };
  const more = document.getElementById("said");
  if (ASKED[kind] && more) {
    said[MEMBER[ASKED[kind]]] = more.value;
  }
  if ((await context.record(said, { warned })) === null) {
    return;
  }
  if (!mayRun(kind)) {
    run = null;
  } else if (run?.kind !== kind) {
    run = { kind, count: 1, since: Date.now() };
  } else if (!isAgain) {
    run.count += 1;
  }
  asking = null;
  draw(context);
}

function draw(context) {
  const card = document.getElementById("card");
  card?.replaceChildren(...(asking === null ? idle(context) : question(context)));
  card?.parentElement.toggleAttribute("data-asking", asking !== null);
}

function idle(context) {
  const { work } = context;
  const list = work.known ? [SCAN.list(work.stops.length), SCAN.listAt(work.readAt)] : [SCAN.noList];
  const head = run === null ? [made("p", { class: "lead" }, SCAN.empty), made("p", {}, SCAN.hint)] : [
    made("p", { class: "lead", role: "status", id: "run" }, SCAN.run(label(run.kind), run.count)),
    made("p", {}, SCAN.runHint),
    acts(button(SCAN.stop, () => stopRun(context), { id: "stop-run" })),
  ];
  return [...head, made("p", { class: "quiet" }, list.join(" · "))];
}

function question(context) {
  const { code, stop, kind } = asking;
  const main = button(SCAN.confirm(label(kind)), () => context.inTurn(() => confirmed(context)), { class: "main", id: "confirm" });
  const others = made("div", { class: "choices", hidden: true, id: "stages" }, stages().map((one) => choice(context, one)));
  const more = button(SCAN.more, () => unfold(others, more), { "aria-expanded": "false", id: "more-stages" });
  return [
    ...described(stop, code),
    stop && counting(stop),
    run && stop && made("p", {}, SCAN.other(label(kind))),
    ASKED[kind] && asked(SCAN[ASKED[kind]]),
    others,
    made("p", { class: "acts low" }, button(SCAN.drop, () => context.inTurn(() => drop(context)), { class: "plain", id: "drop" }), more, main),
  ].filter(Boolean);
}

/** A stop as the courier knows it: where, whom to ask for, until when, how much. */
function described(stop, code) {
  if (!stop) {
    return [made("p", { class: "lead number" }, code)];
  }
  const { address, contact, deadlineAt, papers } = stop;
  const facts = [
    contact.nameMasked,
    contact.phoneTail && SCAN.tail(contact.phoneTail),
    deadlineAt && SCAN.due(Date.parse(deadlineAt)),
    papers.length > 0 && SCAN.papers(papers.reduce((sum, paper) => sum + paper.count, 0)),
  ];
  return [
    made("p", { class: "lead" }, address.text ?? code),
    made("p", { class: "number" }, [label(stop.leg), label(stop.stage), address.text && code].filter(Boolean).join(" · ")),
    made("p", {}, facts.filter(Boolean).join(" · ")),
  ];
}

function asked({ label: text, options }) {
  const choices = Object.entries(options).map(([value, words]) => made("option", { value }, words));
  return made("p", { class: "field" }, made("label", { for: "said" }, text), made("select", { id: "said" }, choices));
}

function choice(context, kind) {
  return button(label(kind), () => {
    asking.kind = kind;
    draw(context);
  }, { "data-kind": kind });
}

function unfold(others, more) {
  others.hidden = !others.hidden;
  more.textContent = others.hidden ? SCAN.more : SCAN.less;
  more.setAttribute("aria-expanded", String(!others.hidden));
}

function stopRun(context) {
  run = null;
  draw(context);
}

function drop(context) {
  if (asking !== null) {
    forget(asking.code);
  }
  asking = null;
  draw(context);
}

function acts(...buttons) {
  return made("p", { class: "acts" }, buttons);
}
