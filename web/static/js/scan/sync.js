// What goes between the device and the server: scans up, one batch after the other, and the work list down.

import { get } from "../api.js";
import { QUEUE } from "../words/scan.js";
import { keep } from "./store.js";

const AT_ONCE = 200;
const EVERY_MS = 30_000;
const FIRST_TRY_MS = 1000; // after a failure, doubled each time up to EVERY_MS
const RENUMBERED_AT_ONCE = 5; // then after a while: whoever uses up our numbers must not keep this page busy
const LISTEN_S = 20;
const LOCK = "kuayu-scan-send";
/** Remarks on what was accepted that somebody has to read (parcels/scan_verdicts.py `Code`). */
const TROUBLES = ["UNKNOWN_PARCEL", "CODE_WRONG", "LABEL_WRONG", "OUT_OF_PLACE", "SIGNER_SHORT", "SAME_PERSON"];

export class Sync {
  /** `told(settled)`: what the server has answered. `state()`: `problem` is not what it was. */
  constructor(db, queue, device, { told, state }) {
    this.db = db;
    this.queue = queue;
    this.device = device;
    this.told = told;
    this.state = state;
    this.sending = null;
    this.problem = null;
    this.wait = FIRST_TRY_MS;
    addEventListener("online", () => {
      this.wait = FIRST_TRY_MS;
      this.send();
    });
    addEventListener("offline", () => this.state());
    setInterval(() => this.send(), EVERY_MS);
  }

  /** When the server last answered (ms), or undefined. */
  lastAt() {
    return this.db.get("kept", "syncedAt");
  }

  /** Everything that waits, in order. Null when all is sent, else the problem; several callers share one run. */
  send() {
    clearTimeout(this.timer);
    this.again = this.sending !== null; // what was added meanwhile goes up as well
    this.sending ??= this.#alone().finally(() => {
      this.sending = null;
      if (this.again && this.problem === null) {
        this.send();
      }
    });
    return this.sending;
  }

  /** As `send`, because somebody asks for it: also what was held back. */
  async sendNow() {
    await this.device.tryAgain();
    await this.queue.release();
    return this.send();
  }

  /** Call `changed` whenever some work list is no longer as it was; for ever, while somebody looks. */
  async listen(changed) {
    let known = "";
    for (;;) {
      try {
        await somebodyLooks();
        if (this.device.lacks !== null) {
          await later(EVERY_MS); // nobody would hear it
          continue;
        }
        const { version } = await get(`/api/v1/worklists/changes?known=${known}&wait=${known ? LISTEN_S : 0}`);
        if (version !== known && known) {
          await changed();
        }
        known = version;
      } catch (problem) {
        await this.device.heard(problem);
        await later(EVERY_MS);
      }
    }
  }

  async #alone() {
    // One tab at a time; where pages may not lock (no https) sending twice does no harm.
    const problem = await (navigator.locks ? navigator.locks.request(LOCK, () => this.#sendAll()) : this.#sendAll());
    this.problem = problem;
    if (problem === null) {
      this.wait = FIRST_TRY_MS;
    } else if (problem.status !== 401 && this.device.lacks === null) {
      this.timer = setTimeout(() => this.send(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, EVERY_MS);
    }
    this.state();
    return problem;
  }

  async #sendAll() {
    const deviceId = this.device.id;
    let renumbered = 0;
    if (this.device.lacks !== null) {
      return { status: 403 }; // it waits on the device until that is mended
    }
    for (let sent = await this.queue.batch(AT_ONCE); sent.length > 0; sent = await this.queue.batch(AT_ONCE)) {
      let answer;
      try {
        answer = await this.device.post("/api/v1/scans:batch", { deviceId, events: sent.map((one) => one.event) });
      } catch (problem) {
        await this.queue.failed(sent, problem.status === 0 ? QUEUE.away : problem.message);
        await this.device.heard(problem);
        return problem;
      }
      const settled = await this.queue.settle(sent, answer, isTrouble);
      await keep(this.db, "syncedAt", Date.now());
      await this.device.synced(answer.serverTime);
      this.told(settled);
      if (settled.length === 0 || (settled.some((one) => one.waiting) && ++renumbered > RENUMBERED_AT_ONCE)) {
        return null;
      }
    }
    return null;
  }
}

/** What whoever scanned it has read already ("warned") is no trouble any more; a refusal always is. */
function isTrouble({ result, code }, { warned }) {
  return result === "conflict" || result === "rejected" || (TROUBLES.includes(code) && !warned);
}

function later(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

function somebodyLooks() {
  if (!document.hidden) {
    return Promise.resolve();
  }
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}
