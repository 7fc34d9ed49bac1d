// Scans wait on the device until the server has them (courier.md §7): nothing is lost without a network, and sending
// again is harmless, because an event keeps its id, its sequence and its bytes. Only where the server has something
// else of this device under the sequence does a scan take the next one; it waits, and is shown, until it is recorded.

import { freshKey, post } from "./api.js";

const DEVICE = "kuayu-device";
const SEQUENCE = "kuayu-sequence";
const WAITING = "kuayu-scans";
const AT_ONCE = 200;
const AGAIN_MS = 10000;
const RENUMBERED_AT_ONCE = 5; // then after a while: whoever uses up our numbers must not keep this page busy
const BOOT = freshKey(); // the monotonic clock below starts with the page

export class ScanQueue {
  /** `person`: who is logged in; each one's scans go up under their own name. `tell(event, result)` per answer. */
  constructor(person, tell, changed) {
    this.person = person;
    this.tell = tell;
    this.changed = changed;
    this.sending = null;
    addEventListener("online", () => this.send());
    setInterval(() => this.send(), AGAIN_MS);
  }

  /** Keep a scan with its identity and both clocks; returns the event. */
  add(said) {
    const event = {
      eventId: freshKey(),
      deviceSeq: nextSequence(),
      occurredAt: new Date().toISOString(),
      monoMs: Math.round(performance.now()),
      bootId: BOOT,
      ...said,
    };
    store([...waiting(), { person: this.person, event }]);
    this.changed(this.mine().length);
    return event;
  }

  mine() {
    return waiting().filter((one) => one.person === this.person);
  }

  /** Everything that waits, in order, one batch after the other. Null when all is sent, else the problem. */
  send() {
    this.sending ??= this.#sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  /** How many of mine the server has refused for their number. */
  refused() {
    return this.mine().filter((one) => one.trouble).length;
  }

  async #sendAll() {
    let renumbered = 0;
    for (let batch = this.mine().slice(0, AT_ONCE); batch.length > 0; batch = this.mine().slice(0, AT_ONCE)) {
      const events = batch.map((one) => one.event);
      let answer;
      try {
        answer = await post("/api/v1/scans:batch", { deviceId: device(), events });
      } catch (problem) {
        return problem;
      }
      const results = new Map(answer.results.map((result) => [result.eventId, result]));
      store(waiting().flatMap((one) => settled(one, results.get(one.event.eventId), events, answer.watermark)));
      this.changed(this.mine().length);
      for (const event of events.filter((one) => results.has(one.eventId))) {
        this.tell(event, results.get(event.eventId));
      }
      if (answer.results.some(isNumberUsed) && ++renumbered > RENUMBERED_AT_ONCE) {
        return null;
      }
    }
    return null;
  }
}

function isNumberUsed(result) {
  return result?.code === "SEQUENCE_USED";
}

/** What stays of a waiting scan after an answer: nothing, or the scan itself under a number that is free. */
function settled(one, result, sent, watermark) {
  if (result === undefined) {
    return [one];
  }
  if (!isNumberUsed(result)) {
    return [];
  }
  if (!sent.some((event) => event.eventId === one.event.eventId && event.deviceSeq === one.event.deviceSeq)) {
    return [one]; // another tab of this browser has given it a new number meanwhile
  }
  return [{ ...one, event: { ...one.event, deviceSeq: nextSequence(watermark) }, trouble: result.code }];
}

function device() {
  let id = localStorage.getItem(DEVICE);
  if (!id) {
    id = `web-${freshKey()}`;
    localStorage.setItem(DEVICE, id);
  }
  return id;
}

/** The device's next number, above what the server has of it already. */
function nextSequence(used = 0) {
  const next = Math.max(Number(localStorage.getItem(SEQUENCE) ?? "0"), used) + 1;
  localStorage.setItem(SEQUENCE, String(next));
  return next;
}

function waiting() {
  return JSON.parse(localStorage.getItem(WAITING) ?? "[]");
}

function store(events) {
  localStorage.setItem(WAITING, JSON.stringify(events));
}
