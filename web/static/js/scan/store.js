// The device's own database. What is written is on the disk before it counts as written (durability "strict"): a
// browser that is killed loses nothing that was answered with a tick.

import { openDB } from "../../vendor/idb/index.js";

const NAME = "kuayu-scan";
const VERSION = 1;
const STRICT = { durability: "strict" };

/** Stores: `scans` by id in the order of their making, with an index of those that wait per person; `kept` by name. */
export function opened() {
  return openDB(NAME, VERSION, {
    upgrade(db) {
      const scans = db.createObjectStore("scans", { keyPath: "id", autoIncrement: true });
      scans.createIndex("waiting", ["person", "waiting"]); // only scans that wait have `waiting`
      scans.createIndex("unseen", ["person", "unseen"]); // what the server refused and nobody has read yet
      scans.createIndex("number", "number");
      scans.createIndex("madeAt", "madeAt");
      db.createObjectStore("kept");
    },
    blocking(_from, _to, event) {
      event.target.close(); // a newer shell in another tab needs the database
    },
  });
}

/** A transaction that is on the disk when it is done. */
export function writing(db, ...stores) {
  return db.transaction(stores, "readwrite", STRICT);
}

/** Keep one value under a name. */
export async function keep(db, name, value) {
  const tx = writing(db, "kept");
  tx.store.put(value, name);
  await tx.done;
}
