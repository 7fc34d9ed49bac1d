// Scans wait on the device until the server has them (courier.md §7): an event keeps its id, its sequence and its
// bytes, so that sending again is harmless. Only where the server has something else of this device under the sequence
// does a scan take the next one; it waits, and is shown, until it is recorded.

import { freshKey } from "../api.js";
import { TROUBLES } from "../words/scan.js";
import { numberOf } from "./codes.js";
import { moment } from "./clock.js";
import { writing } from "./store.js";

const HELD_MS = 30_000; // what the server could not take, doubled each time
const HELD_AT_MOST_MS = 15 * 60_000;
const KEPT_MS = 3 * 86_400_000; // what is sent stays readable so long, for "10:31 已扫过"

export class ScanQueue {
  /** `db`: of store.js. `person`: whose scans these are; each one's go up under their own name. */
  constructor(db, person) {
    this.db = db;
    this.person = person;
    this.changed = () => {};
  }

  /**
   * Keep a scan with its identity and both clocks; resolves with the record once it is on the disk. `warned`: who
   * scanned has already read what is wrong with it.
   */
  async add(said, { warned = false } = {}) {
    const tx = writing(this.db, "scans", "kept");
    const event = { eventId: freshKey(), deviceSeq: await nextSequence(tx), ...moment(), ...said };
    const record = {
      person: this.person,
      event,
      number: numberOf(event.code),
      madeAt: Date.parse(event.occurredAt),
      waiting: 1,
      state: "waiting",
      tries: 0,
      warned,
    };
    record.id = await tx.objectStore("scans").add(record);
    await tx.done;
    this.changed();
    return record;
  }

  /** {count, oldest} of mine that wait; `oldest`: when the first was made (ms), null without any. */
  async waiting() {
    const mine = this.db.transaction("scans").store.index("waiting");
    const [count, first] = await Promise.all([mine.count([this.person, 1]), mine.get([this.person, 1])]);
    return { count, oldest: first?.madeAt ?? null };
  }

  /** How many scans of other people wait on this device. */
  async others() {
    const keys = await this.db.getAllKeysFromIndex("scans", "waiting");
    return keys.length - (await this.db.countFromIndex("scans", "waiting", [this.person, 1]));
  }

  /** The next of mine to be sent, in order; without those that the server could not take just now. */
  async batch(size) {
    const found = [];
    let cursor = await this.db.transaction("scans").store.index("waiting").openCursor([this.person, 1]);
    while (cursor && found.length < size) {
      if ((cursor.value.heldUntil ?? 0) <= Date.now()) {
        found.push(cursor.value);
      }
      cursor = await cursor.continue();
    }
    return found;
  }

  /** Somebody wants them sent now: mine are held back no longer. */
  async release() {
    const tx = writing(this.db, "scans");
    for (const row of await tx.store.index("waiting").getAll([this.person, 1])) {
      if (row.heldUntil) {
        const { heldUntil: _, ...rest } = row;
        tx.store.put(rest);
      }
    }
    await tx.done;
  }

  /** Mine, newest first. */
  async list(limit) {
    const found = [];
    let cursor = await this.db.transaction("scans").store.openCursor(null, "prev");
    while (cursor && found.length < limit) {
      if (cursor.value.person === this.person) {
        found.push(cursor.value);
      }
      cursor = await cursor.continue();
    }
    return found;
  }

  /** What this device has scanned of a parcel, oldest first, by whomever. */
  of(code) {
    return this.db.getAllFromIndex("scans", "number", numberOf(code));
  }

  /** Every scan of the device as it is kept, for a file when the storage is in danger. */
  async everything() {
    return { device: await this.device(), scans: await this.db.getAll("scans") };
  }

  /** The name under which the server knows this device. */
  async device() {
    const tx = writing(this.db, "kept");
    let id = await tx.store.get("device");
    if (!id) {
      id = `web-${freshKey()}`;
      tx.store.put(id, "device");
    }
    await tx.done;
    return id;
  }

  /** Take in the server's answer to the records that were sent; resolves with those it has answered, as they are now. */
  async settle(sent, answer, isTrouble) {
    const results = new Map(answer.results.map((result) => [result.eventId, result]));
    const tx = writing(this.db, "scans", "kept");
    const settled = [];
    for (const { id, event } of sent) {
      const result = results.get(event.eventId);
      const row = await tx.objectStore("scans").get(id);
      if (result === undefined || row?.waiting !== 1 || row.event.deviceSeq !== event.deviceSeq) {
        continue; // another tab was quicker
      }
      const next = await outcome(tx, row, result, answer.watermark, isTrouble);
      await tx.objectStore("scans").put(next);
      settled.push(next);
    }
    await tx.done;
    this.changed();
    return settled;
  }

  /** Note that a try to send has failed, with what it said. */
  async failed(sent, why) {
    const tx = writing(this.db, "scans");
    for (const { id } of sent) {
      const row = await tx.store.get(id);
      if (row?.waiting === 1) {
        tx.store.put({ ...row, tries: row.tries + 1, said: why });
      }
    }
    await tx.done;
    this.changed();
  }

  /** Refusals that nobody has read yet, oldest first. */
  unseen() {
    return this.db.getAllFromIndex("scans", "unseen", [this.person, 1]);
  }

  /** Somebody has read them. */
  async seen(rows) {
    const tx = writing(this.db, "scans");
    for (const { id } of rows) {
      const row = await tx.store.get(id);
      if (row) {
        delete row.unseen;
        tx.store.put(row);
      }
    }
    await tx.done;
    this.changed();
  }

  /** Forget what was sent days ago; what waits is never forgotten. */
  async prune(now = Date.now()) {
    const tx = writing(this.db, "scans");
    const old = await tx.store.index("madeAt").getAll(IDBKeyRange.upperBound(now - KEPT_MS));
    for (const row of old.filter((one) => one.waiting === undefined && one.unseen === undefined)) {
      tx.store.delete(row.id);
    }
    await tx.done;
  }
}

async function outcome(tx, row, result, watermark, isTrouble) {
  if (result.code === "SEQUENCE_USED") {
    const event = { ...row.event, deviceSeq: await nextSequence(tx, watermark) };
    return { ...row, event, state: "waiting", code: result.code, tries: row.tries + 1 };
  }
  if (result.retryable) { // the server's fault: nothing to do here, nothing is lost, and the others go on
    const heldUntil = Date.now() + Math.min(HELD_MS * 2 ** row.tries, HELD_AT_MOST_MS);
    const said = TROUBLES[result.code] ?? TROUBLES.other(result.code);
    return { ...row, code: result.code, tries: row.tries + 1, said, heldUntil };
  }
  const { waiting: _, ...rest } = row;
  const done = { ...rest, state: "sent", result: result.result, code: result.code ?? null, sentAt: Date.now() };
  return isTrouble(result, row) ? { ...done, state: "trouble", unseen: 1 } : done;
}

/** The device's next number, above what the server has of it already; two tabs take turns in the transaction. */
async function nextSequence(tx, used = 0) {
  const kept = tx.objectStore("kept");
  const next = Math.max((await kept.get("sequence")) ?? 0, used) + 1;
  kept.put(next, "sequence");
  return next;
}
