// 袋: packed at one end, closed with a seal once no line is open, opened and checked at the other. A bag is made of the
// scans of its parcels, so neither closing nor opening needs a network; what is begun is kept after each scan.

import { freshKey } from "../api.js";
import { BAGS } from "../words/scanflow.js";
import { at } from "../words/times.js";
import { numberOf } from "./codes.js";
import { button, made } from "./dom.js";
import { keep } from "./store.js";
import { view } from "./views.js";

const KEPT = "bag";
const HALL = "hall";
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const AT_MOST = 200; // as the server takes them

let closed = null; // number of the bag that was closed last, to print its label
let bag = null; // packing {side: "closed", no, destination, lines}; opening {side: "opened", no, origin, seal, sealRead, lines}

view("bags", {
  title: BAGS.title,
  order: 30,
  shown: ({ role }) => role !== "courier",
  async open(root, context) {
    bag = (await context.db.get("kept", KEPT)) ?? null;
    if (bag !== null && bag.placeId !== context.outlet?.id) {
      bag = null;
    }
    root.append(made("div", { id: "bags" }));
    draw(context);
  },
  changed(context) {
    if (bag === null) {
      draw(context);
    }
  },
  scanned,
});

async function scanned(code, context) {
  const number = numberOf(code);
  if (bag === null) {
    const coming = context.work.bags.find((one) => one.bagNo === number);
    if (coming) {
      await begin(context, opening(context, coming));
    } else {
      await context.show("scan");
      context.input.give(code);
    }
  } else if (bag.side === "closed") {
    await packed(context, code, number);
  } else {
    await found(context, number);
  }
}

async function packed(context, code, number) {
  const line = bag.lines.find((one) => one.number === number);
  if (line?.done) {
    context.answer.again(BAGS.twice, [number]);
    return;
  }
  if (line) {
    [line.done, line.stays] = [true, false];
    await step(context, BAGS.put, number);
    return;
  }
  const listed = context.work.toBag.find((one) => one.trackingNo === number);
  if (listed && listed.destination !== bag.destination) {
    await context.answer.bad(BAGS.notHere.title, [number, ...BAGS.notHere.lines(context.places.get(listed.destination))]);
  } else if (listed) {
    bag.lines.push({ number, done: true, stays: false });
    await step(context, BAGS.put, number);
  } else if (context.work.find(code) !== null || context.work.parcels.has(number)) {
    await context.answer.bad(BAGS.unknown.title, [number, ...BAGS.unknown.lines]);
  } else {
    await close(context, number); // no parcel of ours: the seal
  }
}

async function found(context, number) {
  const line = bag.lines.find((one) => one.number === number);
  if (bag.sealRead === null) {
    await sealRead(context, number, line);
  } else if (line?.done) {
    context.answer.again(BAGS.twice, [number]);
  } else if (line) {
    line.done = true;
    await step(context, BAGS.opened(count(), bag.lines.length), number);
  } else if (await context.answer.bad(BAGS.extra.title, [number], { also: BAGS.extra.also })) {
    bag.lines.push({ number, done: true, extra: true });
    await step(context, BAGS.extra.also, number);
  }
}

async function sealRead(context, number, line) {
  if (line || number === bag.no) {
    await context.answer.bad(BAGS.sealFirst, [BAGS.sealIs(bag.seal)]);
    return;
  }
  const { title, also } = BAGS.sealDiffers;
  if (number !== bag.seal && !(await context.answer.bad(title, [BAGS.sealIs(bag.seal), number], { also }))) {
    return;
  }
  bag.sealRead = number;
  await step(context, BAGS.sealIs(number), BAGS.scanFound);
}

async function step(context, title, line) {
  await keep(context.db, KEPT, bag);
  context.answer.good(title, [line]);
  draw(context);
}

/** Refused while a line is open: not scanned and not set aside. */
async function close(context, seal) {
  const open = bag.lines.filter((line) => !line.done && !line.stays).length;
  if (open > 0) {
    await context.answer.bad(BAGS.cantClose.title, BAGS.cantClose.lines(open));
    return;
  }
  const parcels = bag.lines.filter((line) => line.done);
  if (parcels.length === 0) {
    await context.answer.bad(BAGS.empty.title, BAGS.empty.lines);
    return;
  }
  const said = { ...named(context.outlet.id, bag.destination), sealNo: seal.slice(0, 32), count: parcels.length };
  const kind = context.outlet.id === HALL ? "PICKED_UP" : "IN_TRANSIT";
  await record(context, parcels, kind, said, {});
  closed = bag.no;
  const gone = new Set(parcels.map((line) => line.number));
  context.work.toBag = context.work.toBag.filter((one) => !gone.has(one.trackingNo)); // until the list is read again
  await end(context);
  context.answer.good(BAGS.closed(closed), [BAGS.sealIs(seal)]);
  draw(context);
}

async function finish(context) {
  const there = bag.lines.filter((line) => line.done);
  const missing = bag.lines.filter((line) => !line.done).map((line) => line.number);
  const said = { ...named(bag.origin, context.outlet.id), sealNo: bag.sealRead.slice(0, 32), count: there.length, missing };
  const isHall = context.outlet.id === HALL;
  await record(context, there, isHall ? "DELIVERED" : "AT_DEST_OUTLET", said, isHall ? { signerKind: "hall" } : {});
  const told = BAGS.opened(there.length, bag.lines.length);
  const { no } = bag;
  context.work.bags = context.work.bags.filter((one) => one.bagNo !== no);
  await end(context);
  context.answer.good(told);
  draw(context);
}

function named(origin, destination) {
  return { no: bag.no, side: bag.side, origin, destination };
}

async function record(context, lines, kind, said, more) {
  for (const line of lines) {
    await context.queue.add({ kind, code: line.number, bag: said, ...more });
  }
  context.sync.send();
}

async function end(context) {
  bag = null;
  await keep(context.db, KEPT, null);
}

function packing(context, destination) {
  const lines = context.work.toBag.filter((one) => one.destination === destination && one.here).slice(0, AT_MOST);
  const day = new Date().toISOString().slice(2, 10).replaceAll("-", "");
  const tail = [...freshKey().slice(0, 12).matchAll(/../g)].map(([pair]) => LETTERS[parseInt(pair, 16) % LETTERS.length]).join("");
  return {
    side: "closed", no: `BG${day}-${tail}`, destination, placeId: context.outlet.id,
    lines: lines.map((one) => ({ number: one.trackingNo, done: false, stays: false })),
  };
}

function opening(context, coming) {
  return {
    side: "opened", no: coming.bagNo, origin: coming.origin, seal: coming.sealNo, sealRead: null, placeId: context.outlet.id,
    lines: coming.numbers.map((number) => ({ number, done: false })),
  };
}

async function begin(context, begun) {
  [bag, closed] = [begun, null];
  await keep(context.db, KEPT, bag);
  draw(context);
}

function count() {
  return bag.lines.filter((line) => line.done).length;
}

function draw(context) {
  document.getElementById("bags")?.replaceChildren(...(bag === null ? choices(context) : sheet(context)));
}

function choices(context) {
  const { toBag, bags } = context.work;
  const places = Map.groupBy ? [...Map.groupBy(toBag.filter((one) => one.here), (one) => one.destination)] : [];
  const acts = [
    ...places.map(([place, lines]) => button(BAGS.pack(context.places.get(place) ?? place, lines.length), () => begin(context, packing(context, place)), { class: "wide", "data-pack": place })),
    ...bags.map((one) => made("div", {}, button(BAGS.coming(one.bagNo, one.expected), () => begin(context, opening(context, one)), { class: "wide", "data-open": one.bagNo }),
      made("p", { class: "quiet" }, BAGS.from(context.places.get(one.origin) ?? one.origin, Date.parse(one.closedAt))))),
  ];
  return [
    closed && label(context, closed),
    acts.length > 0 && made("h2", {}, BAGS.lead),
    ...(acts.length > 0 ? acts : [made("p", { class: "lead" }, BAGS.none), made("p", { class: "quiet" }, BAGS.noneHint)]),
  ].filter(Boolean);
}

function label(context, no) {
  const file = `/api/v1/bags/${encodeURIComponent(no)}/label.pdf`;
  const paper = (size, text) => made("a", { class: "button", href: `${file}?size=${size}`, target: "_blank", rel: "noopener" }, text);
  return made("div", { id: "bag-label" }, made("p", { class: "lead" }, BAGS.closed(no)), context.isEmpty ? null : made("p", { class: "quiet" }, BAGS.labelLater),
    made("div", { class: "choices" }, paper("76x130", BAGS.label.large), paper("60x40", BAGS.label.small)));
}

function sheet(context) {
  const [done, all] = [count(), bag.lines.filter((line) => !line.stays).length];
  const open = bag.lines.filter((line) => !line.done && !line.stays);
  const isPacking = bag.side === "closed";
  const place = isPacking ? bag.destination : bag.origin;
  const lead = isPacking ? (open.length > 0 || done === 0 ? BAGS.scanNext : BAGS.scanSeal) : bag.sealRead === null ? BAGS.sealFirst : BAGS.scanFound;
  return [
    made("p", {}, made("strong", {}, isPacking ? BAGS.pack(context.places.get(place) ?? place, all) : BAGS.coming(bag.no, all)), isPacking && made("span", { class: "number quiet" }, ` ${bag.no}`)),
    made("p", { class: "lead", role: "status", id: "bag-progress" }, BAGS.progress(done, all)),
    made("progress", { max: Math.max(all, 1), value: done, "aria-label": BAGS.progress(done, all) }),
    made("p", { id: "bag-lead" }, lead),
    open.length > 0 && made("h2", {}, `${BAGS.missing} ${open.length}`),
    made("ol", { class: "bag-lines" }, open.map((line) => row(context, line, isPacking))),
    done > 0 && made("details", {}, made("summary", {}, `${BAGS.put} ${done}`), made("ol", { class: "bag-lines" }, bag.lines.filter((line) => line.done).map((line) => made("li", { "data-done": "true" }, line.number)))),
    made("p", { class: "acts low" }, button(BAGS.drop, async () => {
      await end(context);
      draw(context);
    }, { class: "plain", id: "drop-bag" }), isPacking ? closing(context, open.length, done) : finishing(context, open.length)),
  ].filter(Boolean);
}

function row(context, line, isPacking) {
  const stay = isPacking && button(BAGS.stay, async () => {
    line.stays = true;
    await keep(context.db, KEPT, bag);
    draw(context);
  }, { "data-stay": line.number });
  return made("li", {}, made("span", { class: "number" }, line.number), stay);
}

function closing(context, open, done) {
  const main = button(open > 0 ? BAGS.open(open) : BAGS.scanSeal, () => context.input.focus(), { class: "main", id: "close-bag" });
  main.disabled = open > 0 || done === 0;
  return main;
}

function finishing(context, open) {
  const main = button(open > 0 ? BAGS.finishShort(open) : BAGS.finish, () => finish(context), { class: "main", id: "finish-bag" });
  main.disabled = bag.sealRead === null || count() === 0;
  return main;
}
