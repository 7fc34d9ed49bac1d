// 柜台: the hall's clerk takes papers in, counted line by line, and gives what has come back to its applicant.

import { freshKey, get, post } from "../api.js";
import { COUNTER, DOOR, RECEIPT } from "../words/scanflow.js";
import { numberOf } from "./codes.js";
import { button, made } from "./dom.js";
import { isSaid, keypad } from "./keypad.js";
import { keepProof, sendProofs } from "./proofs.js";
import { pad } from "./signature.js";
import { label } from "./stages.js";
import { counting, differences, isCounted, manifestOf, uncounted } from "./tally.js";
import { view } from "./views.js";

const HALL = "hall";

let taking = null; // {stop, tally, proofs}
let giving = null; // {task, said, signer, key}
let signing = null;
let waiting = []; // COLLECT_AT_HALL tasks, as last read

view("counter", {
  title: COUNTER.title,
  order: 6,
  shown: ({ role }) => role === "clerk",
  async open(root, context) {
    taking = giving = null;
    if (context.outlet?.id !== HALL) {
      await context.setPlace(HALL);
      await context.show("counter");
      return;
    }
    root.append(made("div", { id: "counter" }));
    draw(context);
    await readWaiting(context);
  },
  async changed(context) {
    if (taking === null && giving === null) {
      draw(context);
    }
  },
  async scanned(code, context) {
    const number = numberOf(code);
    const stop = context.work.find(code);
    const task = waiting.find((one) => one.trackingNo === number || one.caseNo === number);
    if (taking !== null && (number === taking.stop.trackingNo || number === taking.stop.legId)) {
      context.answer.good(DOOR.labelSeen, [number]);
    } else if (stop) {
      begin(context, stop);
      context.answer.good(COUNTER.take, [number]);
    } else if (task) {
      give(context, task);
      context.answer.good(COUNTER.give, [number]);
    } else {
      await context.answer.bad(COUNTER.unknown.title, [number, ...COUNTER.unknown.lines]);
    }
  },
  close(context) {
    context.input.resume();
  },
});

async function readWaiting(context) {
  try {
    waiting = (await get("/api/v1/tasks?kind=COLLECT_AT_HALL&size=200")).tasks;
  } catch {
    return; // what was read before is shown; giving out needs a network anyway
  }
  if (taking === null && giving === null) {
    draw(context);
  }
}

function draw(context) {
  const box = document.getElementById("counter");
  context.input[giving === null ? "resume" : "pause"]();
  box?.replaceChildren(...(taking ? takingSheet(context) : giving ? givingSheet(context) : lists(context)).filter(Boolean));
}

function lists(context) {
  const stops = context.work.stops;
  return [
    made("h2", {}, COUNTER.take), made("p", { role: "status" }, stops.length > 0 ? COUNTER.waiting(stops.length) : COUNTER.none),
    stops.length === 0 && made("p", { class: "quiet" }, COUNTER.noneHint),
    made("ol", { class: "counter-list" }, stops.map((stop) => made("li", {}, button(stop.trackingNo ?? stop.legId, () => begin(context, stop), { "data-take": stop.legId }),
      made("p", { class: "quiet" }, [stop.contact.nameMasked, label(stop.leg), COUNTER.papers(stop.papers.reduce((sum, paper) => sum + paper.count, 0))].filter(Boolean).join(" · "))))),
    made("h2", {}, COUNTER.give), made("p", {}, waiting.length > 0 ? COUNTER.collect(waiting.length) : COUNTER.collectNone),
    made("ol", { class: "counter-list" }, waiting.map((task) => made("li", {}, button(task.caseNo, () => give(context, task), { "data-give": task.caseNo }),
      made("p", { class: "quiet" }, task.itemName ?? "")))),
  ];
}

function begin(context, stop) {
  taking = { stop, tally: uncounted(stop.papers), proofs: [] };
  giving = null;
  draw(context);
}

function takingSheet(context) {
  const { stop, tally, proofs } = taking;
  const take = button(COUNTER.check, () => took(context), { class: "main", id: "take-in" });
  const changed = () => {
    take.disabled = !isCounted(tally);
    take.textContent = differences(tally).length > 0 ? COUNTER.checkAnyway : COUNTER.check;
  };
  changed();
  return [
    made("p", {}, made("strong", { class: "number" }, stop.trackingNo ?? stop.legId), " ", label(stop.leg)),
    counting(context, tally, { changed, photo: (sha256) => proofs.push(sha256) }),
    button(DOOR.allRight, () => {
      for (const line of tally) {
        line.counted ??= line.said;
      }
      draw(context);
    }, { id: "all-right" }),
    made("p", { class: "acts low" }, button(DOOR.leave, () => leave(context), { class: "plain", id: "leave" }), take),
  ];
}

async function took(context) {
  const { stop, tally, proofs } = taking;
  const damaged = tally.filter((line) => line.damaged).map((line) => line.name).join("、");
  const event = await context.record({
    kind: "HALL_CHECKED", code: stop.trackingNo ?? stop.legId, epoch: stop.epoch, manifest: manifestOf(tally),
    ...(proofs.length > 0 && { proofs: proofs.slice(0, 10) }), ...(damaged && { note: DOOR.note.damaged(damaged).slice(0, 500) }),
  });
  if (event !== null) {
    sendProofs(context.db);
    context.work.stops = context.work.stops.filter((one) => one.legId !== stop.legId); // until the list is read again
    await context.show("receipt", { kind: "HALL_CHECKED", number: event.code, tally, signed: DOOR.unsigned, then: { text: RECEIPT.done, go: () => context.show("counter") } });
  }
}

function give(context, task) {
  giving = { task, said: { code: "", noCode: null }, signer: "self", key: freshKey() };
  taking = null;
  draw(context);
}

function givingSheet(context) {
  const { task, said, signer } = giving;
  const out = button(COUNTER.give2, () => gave(context), { class: "main", id: "give-out" });
  const changed = () => {
    out.disabled = !isSaid(said);
  };
  changed();
  signing = pad(() => {});
  return [
    made("p", {}, made("strong", { class: "number" }, task.caseNo), " ", task.itemName ?? ""),
    made("fieldset", { class: "signer" }, made("legend", {}, COUNTER.who), made("div", { class: "choices" }, Object.entries(COUNTER.whos).map(([value, text]) => button(text, ({ currentTarget }) => {
      giving.signer = value; // drawn anew, the signature would be gone
      for (const one of currentTarget.parentElement.children) {
        one.setAttribute("aria-pressed", String(one === currentTarget));
      }
    }, { "data-signer": value, "aria-pressed": String(signer === value) })))),
    keypad(said, { changed, reasons: ["ID_SEEN", "AGENT"] }),
    made("h2", {}, DOOR.signLead), signing.element, made("p", { class: "acts" }, signing.clear),
    made("p", { id: "give-fault", class: "bad", role: "alert", hidden: true }),
    made("p", { class: "acts low" }, button(DOOR.leave, () => leave(context), { class: "plain", id: "leave" }), out),
  ];
}

function leave(context) {
  taking = giving = null;
  draw(context);
}

/** Needs the network: the case must know at once that nothing waits any more, and a wrong code is refused here. */
async function gave(context) {
  const { task, said, signer, key } = giving;
  const signature = signing.isEmpty() ? null : await keepProof(context.db, await signing.png());
  await sendProofs(context.db);
  const body = { signerKind: signer, proofs: signature ? [signature] : [], ...(said.code ? { handoverCode: said.code } : { noCode: said.noCode }) };
  try {
    await post(`/api/v1/cases/${task.caseNo}/collection`, body, key);
  } catch (problem) {
    await refused(context, problem);
    return;
  }
  waiting = waiting.filter((one) => one.caseNo !== task.caseNo);
  context.answer.good(RECEIPT.title.COLLECTED, [task.caseNo]);
  await context.show("receipt", { kind: "COLLECTED", number: task.caseNo, tally: [], signed: signature ? DOOR.signed : DOOR.unsigned, extra: [[COUNTER.who, COUNTER.whos[signer]]], then: { text: RECEIPT.done, go: () => context.show("counter") } });
}

async function refused(context, problem) {
  giving.key = freshKey(); // another try is another one
  const lines = [problem.status === 0 ? COUNTER.offline : problem.message];
  await context.answer.bad(problem.code === "CODE_WRONG" ? COUNTER.wrong : COUNTER.give, lines);
  giving.said.code = "";
  draw(context);
}
