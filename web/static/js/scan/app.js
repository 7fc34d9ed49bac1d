// /scan: boots, keeps the frame (who, where, what waits), and gives each scan to the view that is open.

import { HEAD } from "../words/scan.js";
import "./bags.js";
import "./counter.js";
import "./door.js";
import "./enrol.js";
import "./map.js";
import "./more.js";
import "./place.js";
import "./receipt.js";
import "./scan.js";
import "./stops.js";
import { Camera } from "./camera.js";
import { Device } from "./device.js";
import { button } from "./dom.js";
import { Answers } from "./feedback.js";
import { ScanInput } from "./input.js";
import { forgetPerson, isTooOld, register, renew, whoScans } from "./install.js";
import { takeOver } from "./migration.js";
import { Notices } from "./notices.js";
import { ScanQueue } from "./queue.js";
import { mayRecord, record } from "./recording.js";
import { keep, opened } from "./store.js";
import { Sync } from "./sync.js";
import { showTroubles } from "./troubles.js";
import { exportScans } from "./waiting.js";
import { current, listed, show } from "./views.js";
import { Work } from "./work.js";

const OLD_MS = 24 * 3_600_000;
const $ = (id) => document.getElementById(id);

async function boot() {
  const asked = whoScans();
  if (await isTooOld(asked)) {
    return; // it loads itself anew, and has touched nothing
  }
  const notices = new Notices($("notice"));
  const db = await opened().catch(renew);
  if (!db) {
    notices.set("storage", () => location.reload()); // a private window keeps nothing
    return;
  }
  await takeOver(db);
  const start = await known(db, asked, notices);
  if (start === null) {
    return;
  }
  const context = await contextOf(db, start, notices);
  frame(context);
  if (start.heard) {
    await context.device.check(); // before anything else: a session is on a device once it has proved itself
  }
  await context.show(context.outlet || !start.online ? location.hash.slice(1) : "place");
  document.documentElement.dataset.ready = "yes";
  context.input.catchUp();
  showTroubles(context);
  context.sync.send();
  context.refresh();
  context.sync.listen(() => context.refresh());
  register(context);
  context.queue.prune();
}

/** Who scans: as the server says, else as it last said. Null: nobody, and the browser is on its way elsewhere. */
async function known(db, asked, notices) {
  const { answer, status } = await asked;
  const before = await db.get("kept", "start");
  if (answer) {
    if (before && before.person.username !== answer.person.username) {
      await forgetPerson(db);
    }
    await keep(db, "start", answer);
    return { ...answer, online: true, heard: true };
  }
  if (status === 403) {
    notices.set("role", () => location.assign("/"));
    return null;
  }
  if (status === 401) {
    await keep(db, "work", null); // without a session nobody's address is shown
    notices.set("login", logIn);
  }
  if (!before) {
    if (status === 401) {
      logIn();
    } else {
      notices.set("first", () => location.reload());
    }
    return null;
  }
  return { ...before, online: false, heard: status === 401 };
}

async function contextOf(db, start, notices) {
  const { person } = start;
  const queue = new ScanQueue(db, person.username);
  const device = await new Device(db, await queue.device()).load();
  device.needed = start.deviceNeeded ?? false;
  const work = new Work(db, person.username, device);
  const context = { db, person, role: person.role, queue, notices, device, work };
  context.places = new Map([["hall", HEAD.hall], ...start.outlets.map((one) => [one.id, one.name])]);
  context.worksAt = start.worksAt ?? [...context.places.keys()]; // what an older answer, kept on the device, doesn't say
  context.answer = new Answers($("answer"), () => context.input?.focus());
  context.sync = new Sync(db, queue, device, { told: (settled) => told(context, settled), state: () => head(context) });
  context.show = (name, argument) => open(context, name, argument);
  context.mayRecord = (code) => mayRecord(context, code);
  context.inTurn = (act) => inTurn(context, act);
  context.record = (said, how) => record(context, said, how);
  context.setPlace = (id) => setPlace(context, id);
  context.refresh = () => refresh(context);
  context.exportScans = () => exportScans(context);
  await choosePlace(context);
  return context;
}

/** The place of the address, of last time, of the courier's login; none: it is asked for. */
async function choosePlace(context) {
  const { db, places, worksAt, person, role } = context;
  const asked = new URLSearchParams(location.search).get("outlet");
  const wanted = [asked, await db.get("kept", "place"), person.outletId, role === "clerk" ? "hall" : null];
  const [only, more] = worksAt;
  const id = wanted.find((one) => worksAt.includes(one)) ?? (more ? undefined : only);
  context.outlet = id ? { id, name: places.get(id) } : null;
  if (id) {
    await keep(db, "place", id);
    await context.work.recall(id);
  }
}

async function setPlace(context, id) {
  await keep(context.db, "place", id);
  context.outlet = { id, name: context.places.get(id) };
  await context.work.recall(id);
  await context.show("scan");
  await head(context);
  await context.refresh();
}

async function refresh(context) {
  if (context.outlet === null || context.device.lacks !== null) {
    return;
  }
  try {
    await context.work.refresh();
    current()?.changed?.(context);
  } catch (problem) {
    await context.device.heard(problem); // without a network the list of before holds
  }
}

/** Whether this device may scan is not what it was; what it may not know any more is not shown either. */
async function standing(context) {
  const { device, work, notices } = context;
  for (const name of ["revoked", "other", "signature", "enrol"]) {
    if (name === device.lacks) {
      notices.set(name, () => context.show("device"));
    } else {
      notices.drop(name);
    }
  }
  if (device.lacks === "revoked" || device.lacks === "enrol") {
    await work.forget();
  }
  current()?.changed?.(context);
}

function frame(context) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("kuayu-scan") : null;
  channel?.addEventListener("message", () => head(context));
  context.queue.changed = () => {
    channel?.postMessage("changed");
    head(context);
  };
  context.device.changed = () => standing(context);
  standing(context);
  context.input = new ScanInput($("code"), {
    took: (code) => scanned(context, code),
    blocked: () => context.answer.blocking,
    refused: () => context.answer.refused(),
  });
  context.camera = new Camera($("camera"), (code) => context.input.give(code), context.answer);
  $("open-camera").addEventListener("click", () => context.camera.toggle());
  $("field").addEventListener("submit", (event) => event.preventDefault());
  $("sync").addEventListener("click", () => context.show("waiting"));
  document.addEventListener("visibilitychange", () => showTroubles(context));
  for (const one of listed(context)) {
    $("views").append(button(one.title, () => context.show(one.name), { "data-view": one.name }));
  }
  document.body.dataset.hand = localStorage.getItem("kuayu-hand") ?? "right";
}

/** One scan after the other: one that came before a red answer could be seen is refused like those that come after. */
function scanned(context, code) {
  const before = context.answer.count;
  inTurn(context, async () => {
    if (context.answer.count !== before) {
      context.answer.refused();
    } else {
      await current()?.scanned?.(code, context);
    }
  });
}

/** What a person presses about a scan has its turn between the scans; a mistake in one stops none that follow. */
function inTurn(context, act) {
  context.turn = (context.turn ?? Promise.resolve()).then(act).catch((fault) => reportError(fault));
}

async function open(context, name, argument) {
  const opened = await show(name, $("view"), context, argument);
  history.replaceState(null, "", `#${opened.name}`);
  for (const one of $("views").children) {
    one.toggleAttribute("aria-current", one.dataset.view === opened.name);
  }
  $("main").scrollTop = 0;
}

function told(context, settled) {
  if (settled.some((row) => row.code === "CLOCK_SUSPECT")) {
    context.notices.set("clock");
  }
  showTroubles(context);
}

async function head(context) {
  const { queue, outlet, person, sync, notices } = context;
  const { count, oldest } = await queue.waiting();
  $("who").textContent = [outlet?.name, person.username].filter(Boolean).join(" · ");
  $("waiting").textContent = count > 0 ? HEAD.waiting(count, oldest) : HEAD.none;
  const offline = !navigator.onLine || sync.problem?.status === 0;
  const said = [offline && HEAD.offline, HEAD.synced(await sync.lastAt())].filter(Boolean).join(" · ");
  $("synced").textContent = said || HEAD.online;
  if (count > 0 && Date.now() - oldest > OLD_MS) {
    notices.set("old", () => context.show("waiting"));
  } else {
    notices.drop("old");
  }
  if (sync.problem?.status === 401) {
    notices.set("login", logIn);
  }
  context.isEmpty = count === 0;
  context.whenEmpty?.();
  current()?.changed?.(context);
}

function logIn() {
  location.assign(`/login?next=${encodeURIComponent("/scan")}`);
}

boot();
