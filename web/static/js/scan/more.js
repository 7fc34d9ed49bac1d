// 更多: what is needed now and then.

import { MORE } from "../words/scan.js";
import { asked } from "../confirm.js";
import { button, made } from "./dom.js";
import { signal } from "./feedback.js";
import { forgetPerson } from "./install.js";
import { view } from "./views.js";

const HAND = "kuayu-hand";

view("more", {
  title: MORE.title,
  order: 90,
  open(root, context) {
    const acts = [
      button(MORE.place, () => context.show("place")),
      button(MORE.sound, testSound),
      hand(),
      keyboard(context),
      button(MORE.refresh, () => context.refresh()),
      context.canInstall?.() && button(MORE.install, () => context.install()),
      button(MORE.device, () => context.show("device")),
      made("a", { class: "button", href: "/scan/tasks" }, MORE.tasks),
      context.role === "outlet" && made("a", { class: "button", href: "/devices" }, MORE.devices),
      context.role === "clerk" && made("a", { class: "button", href: "/window" }, MORE.office),
      button(MORE.logout, () => logOut(context)),
    ];
    root.append(made("h2", {}, MORE.title), made("div", { class: "choices" }, acts));
    root.append(made("p", { class: "quiet" }, MORE.version(document.body.dataset.build)));
  },
  async scanned(code, context) {
    await context.show("scan");
    context.input.give(code);
  },
});

async function testSound() {
  for (const kind of ["good", "again", "bad"]) {
    signal(kind);
    await new Promise((done) => setTimeout(done, 700));
  }
}

/** Which thumb presses: what is pressed most stands on its side. */
function hand() {
  const words = () => MORE.hand[document.body.dataset.hand];
  const change = button(words(), () => {
    document.body.dataset.hand = document.body.dataset.hand === "left" ? "right" : "left";
    localStorage.setItem(HAND, document.body.dataset.hand);
    change.textContent = words();
  });
  return change;
}

function keyboard({ input }) {
  const words = () => (input.hasKeyboard ? MORE.keyboard.off : MORE.keyboard.on);
  const change = button(words(), () => {
    input.showKeyboard(!input.hasKeyboard);
    change.textContent = words();
  });
  return change;
}

async function logOut({ db, queue }) {
  const { count } = await queue.waiting();
  if (count > 0 && !(await asked(MORE.unsent(count)))) {
    return;
  }
  await forgetPerson(db); // scans stay: they go up when the same person signs in again
  const form = made("form", { method: "post", action: "/logout" });
  document.body.append(form);
  form.submit();
}
