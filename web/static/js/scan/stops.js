// 上门: the stops in the order of the plan, the next one large. A person confirms; the stage is known from the plan.

import { post } from "../api.js";
import { STOPS } from "../words/scanflow.js";
import { button, made } from "./dom.js";
import { here } from "./position.js";
import { countProofs, sendProofs } from "./proofs.js";
import { label } from "./stages.js";
import { view } from "./views.js";

const FINAL = {
  PICKUP: ["PICKED_UP", "AT_OUTLET", "IN_TRANSIT", "DELIVERED", "HALL_CHECKED", "CANCELLED", "RETURNING", "RETURNED", "LOST"],
  DELIVERY: ["DELIVERED", "AWAITING_COLLECTION", "CANCELLED", "RETURNING", "RETURNED", "LOST"],
};
const FAILED = { PICKUP: "PICKUP_FAILED", DELIVERY: "DELIVERY_FAILED" };
const URGENT_MS = 15 * 60_000;
const SHOWN = 20;

let proofs = null; // how many pictures wait on the device; null: nobody has looked yet
let unfolded = null; // "nobody", "more" or null
let chosen = null; // the legId of a stop that was chosen out of turn

view("stops", {
  title: STOPS.title,
  order: 5,
  shown: ({ role }) => role !== "clerk",
  async open(root, context) {
    unfolded = null;
    root.append(made("p", { id: "proofs", role: "status", class: "quiet" }), made("div", { id: "stops" }));
    await draw(context);
    await tellProofs(context);
  },
  async changed(context) {
    if (!document.querySelector("#stops input:focus")) {
      await draw(context);
    }
  },
  async scanned(code, context) {
    const stop = context.work.find(code);
    if (stop !== null && (await openStops(context)).some((one) => one.legs.some((leg) => leg.legId === stop.legId))) {
      chosen = stop.legId;
      context.answer.good(label(stop.leg), [code]);
      await draw(context);
      return;
    }
    await context.show("scan");
    context.input.give(code);
  },
});

/** Stops that are still to be made, as the list says and as this device has recorded since; one door is one stop. */
async function openStops(context) {
  const open = [];
  for (const stop of context.work.stops.filter((one) => FINAL[one.leg] && one.address.text)) {
    const rows = (await context.queue.of(stop.trackingNo ?? stop.legId)).filter((row) => row.state !== "trouble");
    const since = rows.filter((row) => row.waiting || row.madeAt > context.work.readAt || (row.event.epoch ?? 1) === stop.epoch);
    const said = since.map((row) => row.event.kind);
    const last = said.at(-1);
    const over = [...FINAL[stop.leg], FAILED[stop.leg]];
    if (!FINAL[stop.leg].includes(stop.stage) && !said.some((kind) => over.includes(kind))) {
      open.push({ ...stop, atDoor: stop.arrived || said.includes("ARRIVED_DOOR"), paused: last === "ON_HOLD" });
    }
  }
  return grouped(open);
}

/** Honest about pictures too: they are not among the scans that the header counts. */
async function tellProofs({ db }) {
  const tell = () => {
    const line = document.getElementById("proofs");
    if (line) {
      line.textContent = proofs > 0 ? STOPS.proofs(proofs) : "";
      line.dataset.count = proofs;
    }
  };
  if (proofs === null) {
    await countProofs(db, (count) => {
      proofs = count;
      tell();
    });
    sendProofs(db);
  }
  tell();
}

function grouped(legs) {
  const stops = [];
  for (const leg of legs) {
    const before = stops.at(-1);
    const isSame = before && ["text"].every((name) => before.legs[0].address[name] === leg.address[name])
      && before.legs[0].contact.nameMasked === leg.contact.nameMasked && before.legs[0].contact.phoneTail === leg.contact.phoneTail;
    if (isSame) {
      before.legs.push(leg);
    } else {
      stops.push({ legs: [leg] });
    }
  }
  return stops;
}

async function draw(context) {
  const box = document.getElementById("stops");
  if (!box) {
    return;
  }
  if (!context.work.known) {
    box.replaceChildren(made("p", { class: "lead" }, STOPS.noList));
    return;
  }
  const stops = await openStops(context);
  const gone = context.work.changes.filter((one) => !stops.some((stop) => stop.legs.some((leg) => leg.legId === one.legId)));
  const told = gone.map((one) => made("p", { class: "told", "data-leg": one.legId }, STOPS.changed(one.said, one.trackingNo ?? one.legId)));
  const at = Math.max(0, stops.findIndex((stop) => stop.legs.some((leg) => leg.legId === chosen)));
  const [next] = stops.splice(at, 1);
  if (!next) {
    box.replaceChildren(...told, made("p", { class: "lead" }, STOPS.none), made("p", { class: "quiet" }, STOPS.noneHint));
    return;
  }
  box.replaceChildren(...told, card(context, next), ...(stops.length > 0 ? [later(context, stops)] : []));
}

function card(context, stop) {
  const [leg] = stop.legs;
  const papers = stop.legs.reduce((sum, one) => sum + one.papers.reduce((count, paper) => count + paper.count, 0), 0);
  const again = () => draw(context);
  const fold = (name) => button(unfolded === name ? STOPS.less : STOPS[name], () => {
    unfolded = unfolded === name ? null : name;
    again();
  }, { id: name, "aria-expanded": String(unfolded === name) });
  if (unfolded !== null) { // what is asked has the screen to itself: nothing of it lies below the edge
    const asked = unfolded === "nobody" ? reasons(context, stop, STOPS.reasons, FAILED[leg.leg]) : more(context, stop);
    return made("article", { class: "stop", "data-leg": leg.legId },
      made("h2", {}, unfolded === "nobody" ? STOPS.why : STOPS.more),
      made("p", {}, [leg.address.text, leg.contact.nameMasked].filter(Boolean).join(" · ")),
      asked, made("p", { class: "acts low" }, fold(unfolded)));
  }
  return made("article", { class: "stop", "data-leg": leg.legId },
    made("h2", {}, STOPS.next, " ", made("span", { class: "stop-kind" }, label(leg.leg))),
    made("p", { class: "lead" }, leg.address.text),
    ...hints(context, stop),
    made("p", {}, [leg.contact.nameMasked, leg.contact.phoneTail && STOPS.tail(leg.contact.phoneTail)].filter(Boolean).join(" · ")),
    made("p", {}, promise(leg)),
    made("p", {}, STOPS.load(papers, stop.legs.length)),
    made("p", { class: "acts" }, button(STOPS.map, () => context.show("map", stop), { id: "map" }), call(leg)),
    made("p", { class: "acts low" }, fold("nobody"), fold("more"),
      button(leg.atDoor ? STOPS.atDoor : STOPS.arrived, () => arrived(context, stop), { class: "main", id: "arrived" })));
}

/** What was changed since the courier was last heard of, and when he is expected. */
function hints({ work }, { legs }) {
  const changed = work.changes.filter((one) => legs.some((leg) => leg.legId === one.legId)).map((one) => `! ${one.said}`);
  const windows = legs.filter((leg) => leg.window).map((leg) => STOPS.window(leg.window));
  return [...new Set([...changed, ...windows])].map((text) => made("p", { class: "told" }, text));
}

function promise({ deadlineAt }) {
  if (!deadlineAt) {
    return STOPS.noPromise;
  }
  const left = Date.parse(deadlineAt) - Date.now();
  const minutes = Math.floor(Math.abs(left) / 60_000);
  const mark = left < 0 ? "late" : left < URGENT_MS ? "soon" : "fine";
  const words = left < 0 ? `■ ${STOPS.late(minutes)}` : `${mark === "soon" ? "▲" : "●"} ${STOPS.left(minutes)}`;
  return [STOPS.promise(Date.parse(deadlineAt)), " · ", made("strong", { class: `left-${mark}` }, words)];
}

/** The number is asked of the server, which notes who has seen it and why; it is shown for this visit only. */
function call({ trackingNo }) {
  const box = made("span", { class: "call" });
  const ask = button(STOPS.call, async () => {
    try {
      const { name, phone } = await post(`/api/v1/parcels/${encodeURIComponent(trackingNo)}/phone`, { reason: STOPS.callReason });
      box.replaceChildren(made("a", { class: "button number", href: `tel:${phone}` }, `${name} ${phone}`));
    } catch (problem) {
      box.replaceChildren(made("span", { role: "status" }, problem.status === 0 ? STOPS.callOffline : problem.message), ask);
    }
  }, { id: "call" });
  ask.disabled = !trackingNo;
  box.append(ask);
  return box;
}

function reasons(context, stop, words, kind) {
  return made("div", { id: "reasons" }, made("div", { class: "choices" },
    Object.entries(words).map(([note, text]) => button(text, () => said(context, stop, { kind, note }), { "data-note": note }))));
}

function more(context, stop) {
  const [{ trackingNo }] = stop.legs;
  const file = `/api/v1/parcels/${encodeURIComponent(trackingNo)}/label.pdf`;
  const paper = (query, text) => made("a", { class: "button", href: `${file}?${query}`, target: "_blank", rel: "noopener" }, text);
  return made("div", { id: "more-acts", class: "choices" },
    Object.entries(STOPS.wait).map(([note, text]) => button(text, () => said(context, stop, { kind: "ON_HOLD", note }), { "data-note": note })),
    trackingNo && paper("size=76x130", STOPS.labels.large), trackingNo && paper("size=60x40", STOPS.labels.small),
    trackingNo && stop.legs[0].sealNo && paper("kind=seal", STOPS.labels.seal));
}

async function arrived(context, stop) {
  if (!stop.legs[0].atDoor && !(await said(context, stop, { kind: "ARRIVED_DOOR" }))) {
    return;
  }
  await context.show("door", stop.legs);
}

/** The same for each parcel of the stop; where it was said, as far as the device knows. */
async function said(context, stop, what) {
  unfolded = null;
  const gps = await here();
  for (const leg of stop.legs) {
    const event = { ...what, code: leg.trackingNo ?? leg.legId, epoch: leg.epoch, ...(gps && { gps }) };
    if ((await context.record(event)) === null) {
      return false;
    }
  }
  chosen = null;
  await draw(context);
  return true;
}

function later(context, stops) {
  return made("section", { class: "later" }, made("h2", {}, STOPS.later(stops.length)),
    made("ol", {}, stops.slice(0, SHOWN).map((stop) => {
      const [leg] = stop.legs;
      return made("li", {}, button(leg.address.text, () => {
        chosen = leg.legId;
        draw(context);
        document.getElementById("main").scrollTop = 0;
      }), made("p", {}, label(leg.leg), " · ", promise(leg)));
    })));
}
