// What can be done with the tool, one view each. A view plugs in by a module of its own that app.js imports:
//
//   import { view } from "./views.js";
//   view("bags", {
//     title: "装袋",                     // in the bar at the bottom, where it stands by `order` (none: not in the bar)
//     order: 30,
//     shown: (context) => context.role === "outlet",   // optional: for whom
//     open(root, context, argument) {}, // draw into the empty element `root`; may be async
//     scanned(code, context) {},        // each scan goes to the view that is open; `code` is clean (input.js `clean`)
//     changed(context) {},              // optional: work list or queue are not what they were; draw again
//     close(context) {},                // optional: before another view opens
//   });
//
// `context` (made by app.js) is the same object for all:
//   worksAt                             ids of the places whose lists this person may ask for
//   person {username, role, outletId}   who is signed in, or was last, when there is no network
//   outlet {id, name}                   the place that is chosen; null before that
//   device    Device (device.js)        what it signs with; `device.lacks`: why nothing is sent, or null
//   work      Work (work.js)            the work list: `work.find(code)`, `work.stops`, `work.judge(code, kind)`
//   queue     ScanQueue (queue.js)      `await queue.add({kind, code, …})` keeps a scan for upload
//   record(said)                        keeps a scan, answers with screen, sound and vibration; → the event or null
//   inTurn(act)                         runs after the scans before and before the scans after: for buttons about a scan
//   answer    (feedback.js)             `answer.good(title, lines)`, `.again(…)`, `await answer.bad(title, lines, {also})`
//   input     ScanInput (input.js)      `input.pause()`/`resume()` while a view has fields of its own; `input.focus()`
//   show(name, argument)                open another view

const views = new Map();
let open = null;

/** Register a view under a name that stands in the address (`/scan#bags`). */
export function view(name, made) {
  views.set(name, { name, ...made });
}

/** The views of the bar at the bottom, in their order. */
export function listed(context) {
  return [...views.values()]
    .filter((one) => one.order !== undefined && (one.shown?.(context) ?? true))
    .sort((one, other) => one.order - other.order);
}

/** The view that is open now, or null. */
export function current() {
  return open;
}

/** Open a view in `root`, which is emptied; one that nobody registered is the first of the bar. */
export async function show(name, root, context, argument) {
  const next = views.get(name) ?? listed(context)[0];
  open?.close?.(context);
  open = next;
  root.replaceChildren();
  root.dataset.view = next.name;
  await next.open(root, context, argument);
  return next;
}
