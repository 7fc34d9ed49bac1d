// 门口: one parcel changes hands, step by step: papers counted, document and seal checked, code, signature, receipt.
// What has been done is kept on the device after each press: a killed browser goes on where it stood.

import { DOOR, RECEIPT } from "../words/scanflow.js";
import { numberOf } from "./codes.js";
import { button, made } from "./dom.js";
import { codeMembers, isSaid, keypad } from "./keypad.js";
import { canKeep, keepProof, sendProofs } from "./proofs.js";
import { pad } from "./signature.js";
import { label } from "./stages.js";
import { keep } from "./store.js";
import { counting, differences, isCounted, manifestOf, uncounted } from "./tally.js";
import { view } from "./views.js";

const KEPT = "door";
const REASONS = { PICKUP: ["ID_SEEN", "AGENT", "NOT_TOLD"], DELIVERY: ["ID_SEEN", "AGENT", "LOCKER", "NOT_TOLD"] };

let draft = null; // {legId, stop, others, step, tally, idSeen, labelSeen, sealNo, said, signer, proofs, signature}
let signing = null;

view("door", {
  title: "",
  async open(root, context, legs) {
    const kept = await context.db.get("kept", KEPT);
    const [stop, ...others] = legs ?? (kept ? [kept.stop, ...kept.others] : []);
    if (!stop) {
      context.show("stops");
      return;
    }
    draft = kept?.legId === stop.legId && kept.epoch === stop.epoch ? kept : fresh(stop, others);
    await draw(root, context);
  },
  scanned,
  close(context) {
    context.input.resume();
  },
});

function fresh(stop, others) {
  const papers = uncounted(stop.papers);
  return {
    legId: stop.legId, epoch: stop.epoch, stop, others, step: papers.length > 0 ? "papers" : "check", tally: papers,
    idSeen: false, labelSeen: false, sealNo: null, said: { code: "", noCode: null }, signer: "self", proofs: [], signature: null,
  };
}

function kindOf({ leg }) {
  return leg === "PICKUP" ? "PICKED_UP" : "DELIVERED";
}

function steps() {
  const { stop, tally } = draft;
  return Object.keys(DOOR.steps).filter((step) => (step !== "papers" || tally.length > 0) && (step !== "code" || stop.asksCode));
}

async function scanned(code, context) {
  const number = numberOf(code);
  const { stop } = draft;
  if (number === stop.trackingNo || number === stop.legId) {
    draft.labelSeen = true;
    context.answer.good(DOOR.labelSeen, [number]);
  } else if (context.work.find(code) !== null) {
    await context.answer.bad(DOOR.notThis.title, [number, ...DOOR.notThis.lines]);
    return;
  } else if (draft.step !== "check") {
    await context.answer.bad(DOOR.nothingToScan.title, [number, ...DOOR.nothingToScan.lines]);
    return;
  } else if (!(await sealFits(context, number))) {
    return;
  }
  await draw(document.getElementById("view"), context);
}

async function sealFits(context, number) {
  const { sealNo } = draft.stop;
  if (sealNo && sealNo !== number) {
    const { title, also } = DOOR.sealOther;
    if (!(await context.answer.bad(title, [number, DOOR.sealExpected(sealNo)], { also }))) {
      return false;
    }
  } else {
    context.answer.good(DOOR.sealSeen(number));
  }
  draft.sealNo = number;
  return true;
}

async function draw(root, context) {
  await keep(context.db, KEPT, draft);
  const all = steps();
  const at = all.indexOf(draft.step);
  const { stop } = draft;
  context.input[draft.step === "code" ? "pause" : "resume"]();
  root.replaceChildren(
    made("p", { class: "door-head" }, made("strong", {}, stop.contact.nameMasked ?? stop.trackingNo), ` ${label(stop.leg)} `, made("span", { class: "number" }, stop.trackingNo ?? stop.legId)),
    made("h2", { id: "step", "data-step": draft.step }, DOOR.step(at + 1, all.length, DOOR.steps[draft.step])),
    made("progress", { max: all.length, value: at + 1, "aria-label": DOOR.steps[draft.step] }),
    made("div", { class: "door-step" }, PARTS[draft.step](root, context)),
    made("p", { class: "acts low" },
      at > 0 ? button(DOOR.back, () => go(root, context, all[at - 1]), { id: "back" }) : button(DOOR.leave, () => context.show("stops"), { id: "leave" }),
      main(root, context, all, at)));
  if (draft.step === "code") {
    document.getElementById("handover-code")?.focus();
  }
}

function main(root, context, all, at) {
  if (draft.step === "confirm") {
    const words = differences(draft.tally).length > 0 ? DOOR.takeAnyway : DOOR.take;
    return button(words[kindOf(draft.stop)], () => done(context), { class: "main", id: "take" });
  }
  const next = button(DOOR.next, () => go(root, context, all[at + 1]), { class: "main", id: "next" });
  next.disabled = !isDone();
  return next;
}

function isDone() {
  const { step, tally, said } = draft;
  return step === "papers" ? isCounted(tally) : step !== "code" || isSaid(said);
}

async function go(root, context, step) {
  if (draft.step === "sign" && signing && !signing.isEmpty()) {
    draft.signature = await keepProof(context.db, await signing.png());
  }
  draft.step = step;
  await draw(root, context);
  document.getElementById("main").scrollTop = 0;
}

const PARTS = {
  papers: (root, context) => [
    counting(context, draft.tally, {
      changed: () => pressed(context),
      photo: (sha256) => {
        draft.proofs.push(sha256);
        pressed(context);
        return draft.proofs.length;
      },
    }),
    button(DOOR.allRight, () => {
      for (const line of draft.tally) {
        line.counted ??= line.said;
      }
      draw(root, context);
    }, { id: "all-right" }),
  ],
  check: (root, context) => [
    draft.stop.leg === "DELIVERY" && made("fieldset", { class: "signer" }, made("legend", {}, DOOR.signer),
      made("div", { class: "choices" }, Object.entries(DOOR.signers).map(([value, text]) => button(text, () => {
        draft.signer = value;
        draw(root, context);
      }, { "data-signer": value, "aria-pressed": String(draft.signer === value) })))),
    button(DOOR.idSeen, async () => {
      draft.idSeen = !draft.idSeen;
      await draw(root, context);
      document.getElementById("id-seen").focus();
    }, { id: "id-seen", class: "big-check", "aria-pressed": String(draft.idSeen) }),
    made("ul", { class: "checks" },
      made("li", { "data-done": String(draft.labelSeen) }, draft.labelSeen ? DOOR.labelSeen : DOOR.labelScan),
      made("li", { "data-done": String(draft.sealNo !== null) }, draft.sealNo ? DOOR.sealSeen(draft.sealNo) : draft.stop.sealNo ? DOOR.sealCheck : DOOR.sealScan,
        draft.stop.sealNo && !draft.sealNo && made("span", { class: "quiet" }, ` ${DOOR.sealExpected(draft.stop.sealNo)}`))),
  ],
  code: (root, context) => [keypad(draft.said, { changed: () => pressed(context), reasons: REASONS[draft.stop.leg] })],
  sign: (root, context) => {
    if (!canKeep()) {
      return [made("p", {}, DOOR.noPhoto)];
    }
    signing = pad(() => {});
    return [
      made("p", { class: "lead" }, DOOR.signLead), signing.element,
      draft.signature && made("p", { role: "status" }, DOOR.signed),
      made("p", { class: "acts" }, signing.clear, button(DOOR.signSkip, () => {
        [signing, draft.signature] = [null, null];
        go(root, context, "confirm");
      }, { id: "sign-skip" })),
    ];
  },
  confirm: (root, context) => {
    const differ = differences(draft.tally);
    const { said } = draft;
    const code = said.code ? DOOR.codeTyped : said.noCode ? DOOR.codeNone(DOOR.noCodes[said.noCode]) : null;
    return [
      differ.length > 0 && made("div", { class: "warn-box", role: "alert" }, made("strong", {}, DOOR.differs), made("ul", {}, differ.map((text) => made("li", {}, text)))),
      made("ul", { class: "checks" }, [
        draft.tally.length > 0 && RECEIPT.total(draft.tally.reduce((sum, line) => sum + line.counted, 0)),
        draft.idSeen && DOOR.note.id, draft.sealNo && DOOR.sealSeen(draft.sealNo),
        draft.stop.leg === "DELIVERY" && DOOR.signers[draft.signer], code, draft.signature ? DOOR.signed : DOOR.unsigned,
      ].filter(Boolean).map((text) => made("li", { "data-done": "true" }, text))),
      differ.length > 0 && button(DOOR.hold, () => hold(context), { id: "hold" }),
    ];
  },
};

async function pressed(context) {
  const next = document.getElementById("next");
  if (next) {
    next.disabled = !isDone();
  }
  await keep(context.db, KEPT, draft);
}

async function hold(context) {
  if (await context.record({ kind: "ON_HOLD", code: draft.stop.trackingNo ?? draft.legId, epoch: draft.epoch, note: "door_mismatch" })) {
    await keep(context.db, KEPT, null);
    await context.show("stops");
  }
}

async function done(context) {
  const { stop, tally, sealNo, said, signer, signature, others } = draft;
  const kind = kindOf(stop);
  const proofs = [...new Set([...draft.proofs, signature].filter(Boolean))].slice(0, 10);
  const damaged = tally.filter((line) => line.damaged).map((line) => line.name).join("、");
  const note = [draft.idSeen && DOOR.note.id, damaged && DOOR.note.damaged(damaged)].filter(Boolean).join("；");
  const event = await context.record({
    kind, code: stop.trackingNo ?? stop.legId, epoch: stop.epoch,
    ...(tally.length > 0 && { manifest: manifestOf(tally) }),
    ...(sealNo && { sealNo }), ...(proofs.length > 0 && { proofs }), ...(note && { note: note.slice(0, 500) }),
    ...(kind === "DELIVERED" && { signerKind: signer }), ...codeMembers(said),
  });
  if (event === null) {
    return;
  }
  await keep(context.db, KEPT, null);
  sendProofs(context.db);
  const then = { text: RECEIPT.next, go: () => (others.length > 0 ? context.show("door", others) : context.show("stops")) };
  await context.show("receipt", { kind, number: event.code, tally, seal: sealNo, signed: signature ? DOOR.signed : DOOR.unsigned, then });
}
