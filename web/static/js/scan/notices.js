// One bar under the header: the most urgent of what somebody should know, and one thing to do about it.

import { NOTICE } from "../words/scan.js";
import { button, made } from "./dom.js";

const ORDER = ["role", "first", "storage", "revoked", "login", "other", "signature", "enrol", "clock", "old", "update"];

export class Notices {
  constructor(box) {
    this.box = box;
    this.known = new Map();
  }

  /** Say one of NOTICE; `act` does what its button says. */
  set(name, act) {
    this.known.set(name, act);
    this.#draw();
  }

  /** No longer so. */
  drop(name) {
    this.known.delete(name);
    this.#draw();
  }

  #draw() {
    const name = ORDER.find((one) => this.known.has(one));
    if (name === this.shown) {
      return;
    }
    this.shown = name;
    this.box.hidden = name === undefined;
    if (name !== undefined) {
      const { text, act } = NOTICE[name];
      this.box.replaceChildren(made("span", {}, text), act && button(act, () => this.known.get(name)?.()));
    }
  }
}
