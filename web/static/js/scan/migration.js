// Scans that wait where the page before this tool kept them: taken over once, none lost, none twice.

import { numberOf } from "./codes.js";
import { writing } from "./store.js";

const SCANS = "kuayu-scans";
const DEVICE = "kuayu-device";
const SEQUENCE = "kuayu-sequence";

/** Resolves with how many were taken over; their events stay as they were, to the byte. */
export async function takeOver(db) {
  const waiting = JSON.parse(localStorage.getItem(SCANS) ?? "[]");
  const device = localStorage.getItem(DEVICE);
  if (waiting.length === 0 && device === null) {
    return 0;
  }
  const tx = writing(db, "scans", "kept");
  const [scans, kept] = [tx.objectStore("scans"), tx.objectStore("kept")];
  if (device !== null && (await kept.get("device")) === undefined) {
    kept.put(device, "device");
  }
  const sequence = Math.max((await kept.get("sequence")) ?? 0, Number(localStorage.getItem(SEQUENCE) ?? "0"));
  kept.put(sequence, "sequence");
  let taken = 0;
  for (const one of waiting) {
    const record = recordOf(one);
    const there = await scans.index("number").getAll(record.number);
    if (!there.some((row) => row.event.eventId === record.event.eventId)) {
      scans.add(record);
      taken += 1;
    }
  }
  await tx.done;
  for (const name of [SCANS, DEVICE, SEQUENCE]) {
    localStorage.removeItem(name); // only now: a kill in between takes them over again
  }
  return taken;
}

function recordOf({ person, event, trouble }) {
  return {
    person,
    event,
    number: numberOf(event.code),
    madeAt: Date.parse(event.occurredAt),
    waiting: 1,
    state: "waiting",
    code: trouble,
    tries: 0,
  };
}
