// A scan is judged by what the device knows, kept, and answered, before any network.

import { countedIn, forget } from "../counting.js";
import { ANSWER, JUDGED } from "../words/scan.js";
import { label } from "./stages.js";

const TODAY_MS = 20 * 3_600_000;

/** Whether a code may be recorded here: false after a red answer that somebody has acknowledged; "warned" if anyway. */
export async function mayRecord(context, code) {
  const fault = context.work.judge(code, context.places);
  if (fault === null) {
    return "fine";
  }
  const also = fault.final ? null : ANSWER.anyway;
  const anyway = await context.answer.bad(fault.title, [code, ...fault.lines], { also });
  return anyway ? "warned" : false;
}

/**
 * Keep a scan `{kind, code, …}` and answer it: green, or amber where this device has scanned it before. `warned`: a
 * person has been told what is wrong and records it anyway. The event, or null where it could not be kept.
 */
export async function record(context, said, { warned = false } = {}) {
  const counted = countedIn(said.code);
  if (counted.fault) {
    await context.answer.bad(counted.fault);
    counted.field.focus();
    return null;
  }
  const before = await scannedBefore(context.queue, said);
  const whole = counted.manifest ? { manifest: counted.manifest, ...said } : said;
  let kept;
  try {
    kept = await context.queue.add(whole, { warned });
  } catch {
    context.notices.set("storage", () => context.exportScans());
    await context.answer.bad(JUDGED.unsaved.title, JUDGED.unsaved.lines);
    return null;
  }
  forget(said.code);
  if (before) {
    const who = [before.person === context.person.username ? JUDGED.here : before.person, label(said.kind)];
    const { title, lines } = JUDGED.again(before.madeAt, who.join(" · "));
    context.answer.again(title, [kept.number, ...lines]);
  } else {
    context.answer.good(label(said.kind), [kept.number]);
  }
  context.sync.send();
  return kept.event;
}

/** The scan of the same parcel and stage on this device, not long ago. */
async function scannedBefore(queue, { code, kind, epoch }) {
  const since = Date.now() - TODAY_MS;
  const rows = await queue.of(code);
  const same = (row) => row.event.kind === kind && row.event.epoch === epoch && row.madeAt > since;
  return rows.filter((row) => same(row) && row.state !== "trouble").at(-1);
}
