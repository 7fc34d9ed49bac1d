// This device: the key that never leaves it, what it signs with it, and whether it may still scan. One that was stopped
// loses its key, the work list and a hand-over that was begun; it keeps every scan that is not at the server, with its
// photos, for whoever enrols it anew or saves them to a file (docs/postal.md "An enrolled device").

import { call } from "../api.js";
import { keep, writing } from "./store.js";

const FIRST = "KUAYU-DEVICE-1";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const OWN = "/api/v1/scan/device";
const ENROL = "/api/v1/devices:enrol";
/** Names in the store "kept": the device's id, its key, one that is being enrolled, what is known of it, its clock. */
const [ID, KEY, NEW, KNOWN, AHEAD] = ["device", "key", "new-key", "enrolment", "ahead"];
const NOTICED_MS = 1000;
const FORGOTTEN = [KEY, NEW, "work", "door"];

/** Whether this page can have a key: browsers give none where it does not come over https. */
export function canEnrol() {
  return Boolean(globalThis.crypto?.subtle);
}

export class Device {
  /** `id`: as the server knows this device. `changed()`: whether it may scan is not what it was. */
  constructor(db, id) {
    this.db = db;
    this.id = id;
    this.needed = false; // only enrolled devices may scan here
    this.problem = null; // why the server does not hear it, by the code of its refusal
    this.changed = () => {};
  }

  /** What is kept on the device. */
  async load() {
    const [key, known, ahead] = await Promise.all([KEY, KNOWN, AHEAD].map((name) => this.db.get("kept", name)));
    this.key = key ?? null;
    this.known = known ?? null; // {name, outletId, username}, or {ended} once it was stopped
    this.ahead = ahead ?? 0; // ms by which the server's clock is ahead of ours
    return this;
  }

  /** Why nothing is sent: "revoked", "other" (somebody else's), "enrol" (not yet), "signature"; null: it is heard. */
  get lacks() {
    if (this.known?.ended) {
      return "revoked";
    }
    if (this.problem !== null) {
      return this.problem === "DEVICE_OTHER" ? "other" : "signature";
    }
    return this.needed && this.key === null ? "enrol" : null;
  }

  get(path) {
    return this.#send("GET", path);
  }

  post(path, body) {
    return this.#send("POST", path, JSON.stringify(body));
  }

  /** Ask the server how it stands with this device; without a key there is nothing to ask. */
  async check() {
    if (this.key === null) {
      return;
    }
    try {
      const { name, outletId, username, serverTime } = await this.get(OWN);
      await this.synced(serverTime);
      await this.#know({ name, outletId, username });
      this.#is(null);
    } catch (problem) {
      await this.heard(problem);
    }
  }

  /** Whatever was refused: what it says of this device is taken in. A session that is over may mean that it was stopped. */
  async heard(problem) {
    if (problem.status === 401) {
      await this.check();
    } else if (problem.code === "DEVICE_REVOKED") {
      await this.#forget({ ended: Date.now() });
    } else if (problem.code === "DEVICE_UNKNOWN") {
      this.needed ||= this.key === null;
      await this.#forget(null);
    } else if (problem.code === "DEVICE_OTHER" || problem.code === "DEVICE_SIGNATURE") {
      this.#is(problem.code);
    }
  }

  /** Somebody wants to know now whether it is heard again. */
  async tryAgain() {
    if (!this.known?.ended) {
      this.#is(null);
      await this.check();
    }
  }

  /** The server's clock, as it has just said. */
  async synced(serverTime) {
    const ahead = Date.parse(serverTime) - Date.now();
    if (Math.abs(ahead - this.ahead) > NOTICED_MS) {
      this.ahead = ahead;
      await keep(this.db, AHEAD, ahead);
    }
  }

  /** A new key, and its public half to the server with the code that somebody was given; raises Problem. */
  async enrol(code) {
    // Kept before it is sent: where the answer is lost, the same key is enrolled again, and nothing else happens.
    const made = (await this.db.get("kept", NEW)) ?? (await fresh());
    await keep(this.db, NEW, made);
    const body = JSON.stringify({ code, deviceId: this.id, publicKey: made.publicKey });
    const { name, outletId, username } = await this.#send("POST", ENROL, body, made.key);
    const tx = writing(this.db, "kept");
    tx.store.put(made.key, KEY);
    tx.store.delete(NEW);
    tx.store.put({ name, outletId, username }, KNOWN);
    await tx.done;
    this.key = made.key;
    this.known = { name, outletId, username };
    this.#is(null);
  }

  async #send(method, path, body, key = this.key) {
    const go = async () => call(path, { method, body, headers: await this.#headers(method, path, body, key) });
    try {
      return await go();
    } catch (problem) {
      if (problem.code !== "DEVICE_CLOCK") {
        throw problem;
      }
      await this.synced(problem.serverTime); // this clock is wrong, which loses nothing: signed again by the server's
      return go();
    }
  }

  async #headers(method, path, body, key) {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    if (key === null) {
      return headers;
    }
    const at = new Date(Date.now() + this.ahead).toISOString();
    const { pathname, search } = new URL(path, location.origin);
    const text = [FIRST, method, pathname + search, this.id, at, await sha256(body ?? "")].join("\n");
    const signature = await crypto.subtle.sign(SIGNING, key, bytes(text));
    return {
      ...headers,
      "Kuayu-Device": this.id,
      "Kuayu-Device-Time": at,
      "Kuayu-Device-Signature": base64(signature).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
    };
  }

  async #know(known) {
    this.known = known;
    await keep(this.db, KNOWN, known);
  }

  async #forget(known) {
    const tx = writing(this.db, "kept");
    for (const name of FORGOTTEN) {
      tx.store.delete(name);
    }
    tx.store.put(known, KNOWN);
    await tx.done;
    [this.key, this.known, this.problem] = [null, known, null];
    this.changed();
  }

  #is(problem) {
    this.problem = problem;
    this.changed();
  }
}

/** {key, publicKey}: the private half as the browser keeps it, which no script can read; the public one as base64. */
async function fresh() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  return { key: privateKey, publicKey: base64(await crypto.subtle.exportKey("spki", publicKey)) };
}

async function sha256(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytes(text) {
  return new TextEncoder().encode(text);
}

function base64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}
