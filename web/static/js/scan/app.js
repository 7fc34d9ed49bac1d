// /scan: boots, keeps the frame (who, where, what waits), and gives each scan to the view that is open.

import { HEAD } from "../words/scan.js";
import "./scan.js";
import { Answers } from "./feedback.js";
import { ScanInput } from "./input.js";
import { ScanQueue } from "./queue.js";
import { opened } from "./store.js";
import { Sync } from "./sync.js";
import { current, listed, show } from "./views.js";
import { Work } from "./work.js";

const $ = (id) => document.getElementById(id);

async function boot() {
  const db = await opened();
  const person = await whoIs(db);
  const queue = new ScanQueue(db, person.username);
  const sync = new Sync(db, queue, { told: () => {}, state: () => head(context) });
  const answer = new Answers($("answer"), () => context.input?.focus());
  const work = new Work(db, person.username);
  const context = { db, person, outlet: null, queue, sync, answer, work };
  context.show = (name, argument) => show(name, $("view"), context, argument);
  context.record = (said) => record(context, said);
  context.input = new ScanInput($("code"), {
    took: (code) => current()?.scanned(code, context),
    blocked: () => answer.blocking,
    refused: () => answer.refused(),
  });
  queue.changed = () => head(context);
  bar(context);
  await context.show(location.hash.slice(1));
  await head(context);
  sync.send();
}

async function whoIs(db) {
  const { person } = await (await fetch("/api/v1/scan/start")).json();
  return person;
}

async function record(context, said) {
  const kept = await context.queue.add(said);
  context.answer.good(said.code);
  context.sync.send();
  return kept;
}

function bar(context) {
  for (const one of listed(context)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.title;
    button.addEventListener("click", () => context.show(one.name));
    $("views").append(button);
  }
}

async function head({ queue, outlet, person }) {
  const { count, oldest } = await queue.waiting();
  $("who").textContent = [outlet?.name, person.username].filter(Boolean).join(" · ");
  $("sync").textContent = count > 0 ? HEAD.waiting(count, oldest) : HEAD.none;
}

boot();
