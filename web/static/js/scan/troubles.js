// What only the server knows comes later, as the same red screen; it stays until somebody has read it, also over a
// reload.

import { TROUBLE, TROUBLES } from "../words/scan.js";
import { label } from "./stages.js";

const SHOWN = 4;

/** Why the server wants somebody to look at a scan. */
export function why({ code }) {
  return TROUBLES[code] ?? TROUBLES.other(code);
}

/** Show what is unread, once and together, where somebody looks. */
export async function showTroubles(context) {
  if (document.hidden || context.showingTroubles) {
    return;
  }
  context.showingTroubles = true;
  try {
    for (let rows = await context.queue.unseen(); rows.length > 0; rows = await context.queue.unseen()) {
      const lines = rows.slice(0, SHOWN).map((row) => TROUBLE.line(row.number, label(row.event.kind), why(row)));
      if (rows.length > SHOWN) {
        lines.push(TROUBLE.more(rows.length - SHOWN));
      }
      await context.answer.bad(rows.length > 1 ? TROUBLE.several(rows.length) : TROUBLE.one, lines);
      await context.queue.seen(rows);
    }
  } finally {
    context.showingTroubles = false;
  }
}
