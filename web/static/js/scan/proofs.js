// Photos and signatures: kept on the device under their SHA-256, named by the scan, uploaded when there is a network.

import { writing } from "./store.js";

const PREFIX = "proof/";
const LONGEST = 1600; // pixels: a paper stays readable
const EVERY_MS = 30_000;
const CHANGED = "kuayu-proofs";

/** Whether this device can keep any: the hash needs a secure page. */
export function canKeep() {
  return Boolean(globalThis.crypto?.subtle);
}

/** Keep a picture; resolves with its SHA-256 in hex once it is on the disk. */
export async function keepProof(db, blob) {
  const bytes = await blob.arrayBuffer();
  const sha256 = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const tx = writing(db, "kept");
  tx.store.put(bytes, PREFIX + sha256);
  await tx.done;
  dispatchEvent(new Event(CHANGED));
  return sha256;
}

/** A photo as a JPEG that is not larger than it must be. */
export async function shrunk(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
}

/** Call `told(count)` now and whenever another number of them waits for a network. */
export async function countProofs(db, told) {
  const count = async () => told((await names(db)).length);
  addEventListener(CHANGED, count);
  await count();
}

/** Send what waits, now and whenever there is a network; what the server has taken leaves the device. */
export function sendProofs(db) {
  if (!sendProofs.started) {
    sendProofs.started = true;
    addEventListener("online", () => sendProofs(db));
    setInterval(() => sendProofs(db), EVERY_MS);
  }
  sendProofs.running ??= sendAll(db).finally(() => {
    sendProofs.running = null;
  });
  return sendProofs.running;
}

async function sendAll(db) {
  if ((await db.get("kept", "enrolment"))?.ended) {
    return; // a device that was stopped is not heard; its photos wait with its scans (device.js)
  }
  for (const name of await names(db)) {
    const body = await db.get("kept", name);
    if (!body || !(await taken(name.slice(PREFIX.length), body))) {
      return;
    }
    const tx = writing(db, "kept");
    tx.store.delete(name);
    await tx.done;
    dispatchEvent(new Event(CHANGED));
  }
}

async function taken(sha256, body) {
  try {
    const headers = { "Content-Type": "application/octet-stream" };
    return (await fetch(`/api/v1/documents/${sha256}`, { method: "PUT", headers, body })).ok;
  } catch {
    return false;
  }
}

function names(db) {
  return db.getAllKeys("kept", IDBKeyRange.bound(PREFIX, `${PREFIX}~`));
}
