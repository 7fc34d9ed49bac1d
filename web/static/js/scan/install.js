// The tool as an installed one: its shell on the device, a newer shell when nothing waits, a shell that is too old.

import { get } from "../api.js";
import { keep } from "./store.js";

const SHELL = 2; // what this shell can do; the server names the oldest that may go on (web/api/scan_desk.py)
const PATIENCE_MS = 1500; // a network that does not answer is none
const RENEWED = "kuayu-scan-renewed";
const CACHES = "kuayu-scan-";

let offered = null;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offered = event;
});

/** {answer, status} of the server, or neither when it does not answer soon; `late`: the same when it answers at last. */
export async function whoScans() {
  const late = get("/api/v1/scan/start").then(
    (answer) => ({ answer, status: 200 }),
    (problem) => ({ answer: null, status: problem.status }),
  );
  late.then(({ answer }) => answer && answer.minimumShell > SHELL && renew());
  const waited = new Promise((done) => setTimeout(() => done({ answer: null, status: 0 }), PATIENCE_MS));
  return Promise.race([late, waited]);
}

/** Whether the server refuses so old a shell; then it is on its way to a newer one and must not touch anything. */
export async function isTooOld(asked) {
  const { answer } = await asked;
  return answer !== null && answer.minimumShell > SHELL && renew();
}

/** Load the newest shell, past every cache but never past the scans. False where that was just done: then go on. */
export async function renew() {
  const wanted = String(Math.floor(Date.now() / 60_000));
  if (sessionStorage.getItem(RENEWED) === wanted) {
    return false; // once a minute: a server that is behind its own minimum must not keep people from scanning
  }
  sessionStorage.setItem(RENEWED, wanted);
  const registration = await navigator.serviceWorker?.getRegistration("/scan");
  await registration?.unregister();
  if ("caches" in window) {
    const names = (await caches.keys()).filter((name) => name.startsWith(CACHES));
    await Promise.all(names.map((name) => caches.delete(name)));
  }
  location.reload();
  return new Promise(() => {}); // nothing more happens in this shell
}

/** Keep the shell on the device; a newer one is offered once nothing waits. */
export async function register(context) {
  context.install = () => offered?.prompt();
  context.canInstall = () => offered !== null;
  if (!navigator.serviceWorker) {
    return; // not over https: the tool works, but only opens with a network
  }
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/scan", updateViaCache: "none" });
  const isFirst = navigator.serviceWorker.controller === null;
  navigator.serviceWorker.addEventListener("controllerchange", () => isFirst || location.reload());
  context.whenEmpty = () => offer(context, registration);
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => offer(context, registration));
  });
  addEventListener("online", () => registration.update().catch(() => {}));
  offer(context, registration);
  navigator.storage?.persist?.();
}

function offer({ isEmpty, notices }, registration) {
  if (isEmpty && registration.waiting && navigator.serviceWorker.controller) {
    notices.set("update", () => registration.waiting.postMessage("take over"));
  } else {
    notices.drop("update");
  }
}

/** Whose work list it was, is no longer signed in here. */
export async function forgetPerson(db) {
  await keep(db, "work", null);
  await keep(db, "start", null);
}
