// What goes between the device and the server: scans up, one batch after the other, and the work list down.

import { get, post } from "../api.js";
import { keep } from "./store.js";

const AT_ONCE = 200;
const EVERY_MS = 30_000;
const FIRST_TRY_MS = 1000; // after a failure, doubled each time up to EVERY_MS
const RENUMBERED_AT_ONCE = 5; // then after a while: whoever uses up our numbers must not keep this page busy
const LOCK = "kuayu-scan-send";
/** Remarks and refusals that somebody has to read (parcels/scan_batch.py `Code`). */
const TROUBLES = ["UNKNOWN_PARCEL", "OUT_OF_PLACE", "SIGNER_SHORT", "CHANGED", "ROLE"];

export class Sync {
  /** `told(settled)` with what the server has answered; `state()` when what the header says has changed. */
  constructor(db, queue, { told, state }) {
    this.db = db;
    this.queue = queue;
    this.told = told;
    this.state = state;
    this.sending = null;
    this.problem = null;
    this.wait = FIRST_TRY_MS;
    addEventListener("online", () => this.send());
    setInterval(() => this.send(), EVERY_MS);
  }

  /** When the server last answered (ms), or null. */
  lastAt() {
    return this.db.get("kept", "syncedAt");
  }

  /** Everything that waits, in order. Null when all is sent, else the problem; several callers share one run. */
  send() {
    clearTimeout(this.timer);
    this.sending ??= this.#alone().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  /** Who is signed in and what the server expects of this shell; raises Problem. */
  start() {
    return get("/api/v1/scan/start");
  }

  async #alone() {
    // One tab at a time; where pages may not lock (no https) sending twice does no harm.
    const problem = await (navigator.locks ? navigator.locks.request(LOCK, () => this.#sendAll()) : this.#sendAll());
    this.problem = problem;
    if (problem === null) {
      this.wait = FIRST_TRY_MS;
    } else if (problem.status !== 401) {
      this.timer = setTimeout(() => this.send(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, EVERY_MS);
    }
    this.state();
    return problem;
  }

  async #sendAll() {
    const deviceId = await this.queue.device();
    let renumbered = 0;
    for (let sent = await this.queue.batch(AT_ONCE); sent.length > 0; sent = await this.queue.batch(AT_ONCE)) {
      let answer;
      try {
        answer = await post("/api/v1/scans:batch", { deviceId, events: sent.map((one) => one.event) });
      } catch (problem) {
        await this.queue.failed(sent, problem.message);
        return problem;
      }
      const settled = await this.queue.settle(sent, answer, isTrouble);
      await keep(this.db, "syncedAt", Date.now());
      this.told(settled);
      if (settled.length === 0 || (settled.some((one) => one.waiting) && ++renumbered > RENUMBERED_AT_ONCE)) {
        return null;
      }
    }
    return null;
  }
}

function isTrouble({ result, code }) {
  return TROUBLES.includes(code) || result === "conflict" || result === "rejected";
}
