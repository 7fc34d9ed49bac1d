// The answer to a scan, before any network: it fills the screen, sounds and shakes. Green and amber go by themselves, red
// stays until somebody has pressed 知道了 and lets no scan through meanwhile.

import { ANSWER } from "../words/scan.js";
import { button, made } from "./dom.js";

const SHOWN_MS = { good: 700, again: 1800 };
/** [hertz, seconds from now, seconds long] */
const TONES = {
  good: [[1760, 0, 0.09]],
  again: [
    [880, 0, 0.09],
    [880, 0.16, 0.09],
  ],
  asks: [[1320, 0, 0.06]],
  bad: [[196, 0, 0.7]],
};
const SHAKES = { good: 40, again: [40, 80, 40], asks: 20, bad: [120, 80, 120, 80, 120] };

let sounds = null;

/** A tone and a shake of a kind: good, again, asks or bad. */
export function signal(kind) {
  navigator.vibrate?.(SHAKES[kind]);
  sounds ??= new AudioContext();
  sounds.resume();
  for (const [hertz, after, seconds] of TONES[kind]) {
    tone(hertz, sounds.currentTime + after, seconds);
  }
}

export class Answers {
  /** `box`: the element that covers the screen. `free()` is called when scans are taken again. */
  constructor(box, free) {
    this.box = box;
    this.free = free;
    this.timer = null;
    this.blocking = false;
    this.count = 0; // of red answers
    this.before = Promise.resolve();
  }

  /** Done: `title` in large, `lines` below. */
  good(title, lines = []) {
    this.#pass("good", title, lines);
  }

  /** Scanned before: who, when, where in `lines`. */
  again(title, lines = []) {
    this.#pass("again", title, lines);
  }

  /** Read; a person has to say something, on the page. */
  asks() {
    signal("asks");
  }

  /** Wrong. Stays; resolves with false after 知道了, with true after `also` (a second way on, in its words). */
  bad(title, lines = [], { also = null } = {}) {
    this.count += 1;
    this.before = this.before.then(() => this.#stay(title, lines, also)); // one after the other
    return this.before;
  }

  /** A scan came while red is shown: it was not taken. */
  refused() {
    signal("bad");
  }

  async #stay(title, lines, also) {
    clearTimeout(this.timer);
    this.blocking = true;
    this.#draw("bad", title, lines);
    signal("bad");
    const chosen = await new Promise((done) => {
      this.box.append(button(ANSWER.seen, () => done(false), { class: "answer-seen" }));
      if (also) {
        this.box.append(button(also, () => done(true), { class: "answer-also" }));
      }
      this.box.querySelector("button").focus();
    });
    this.blocking = false;
    this.#hide();
    return chosen;
  }

  #pass(kind, title, lines) {
    if (!this.blocking) {
      clearTimeout(this.timer);
      this.#draw(kind, title, lines);
      this.timer = setTimeout(() => this.#hide(), SHOWN_MS[kind]);
    }
    signal(kind);
  }

  #draw(kind, title, lines) {
    this.box.className = `answer answer-${kind}`;
    this.box.setAttribute("role", kind === "bad" ? "alertdialog" : "status");
    this.box.replaceChildren(
      made("p", { class: "answer-sign", "aria-hidden": "true" }, ANSWER.signs[kind]),
      made("p", { class: "answer-title", id: "answer-title" }, title),
      ...lines.map((text) => made("p", { class: "answer-line" }, text)),
    );
    this.box.hidden = false;
  }

  #hide() {
    this.box.hidden = true;
    this.free();
  }
}

function tone(hertz, at, seconds) {
  const [oscillator, gain] = [sounds.createOscillator(), sounds.createGain()];
  oscillator.type = hertz < 400 ? "square" : "sine"; // a small loudspeaker plays no deep sine
  oscillator.frequency.value = hertz;
  gain.gain.value = 0.4;
  oscillator.connect(gain).connect(sounds.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}
