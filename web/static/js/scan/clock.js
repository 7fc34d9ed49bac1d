// Both clocks of the device, and since when the one that nobody can set has been running (courier.md §7).

import { freshKey } from "../api.js";

const SLEPT_MS = 5000; // while a phone sleeps its monotonic clock may stand still: then it proves nothing any more

let boot = freshKey();
let zero = Date.now() - performance.now();

/** {occurredAt, monoMs, bootId} of this moment; a new boot after the device has slept. */
export function moment() {
  const [wall, mono] = [Date.now(), performance.now()];
  if (wall - mono - zero > SLEPT_MS) {
    boot = freshKey();
    zero = wall - mono;
  }
  return { occurredAt: new Date(wall).toISOString(), monoMs: Math.round(mono), bootId: boot };
}
