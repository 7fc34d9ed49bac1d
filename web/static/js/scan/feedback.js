// The answer to a scan, before any network: it fills the screen, sounds and shakes. Green and amber go by themselves, red
// stays until somebody has pressed 知道了 and lets no scan through meanwhile.

import { ANSWER } from "../words/scan.js";

const GOOD_MS = 700;
const AGAIN_MS = 1600;
const TONES = {
  good: [[1760, 0, 0.09]],
  again: [[880, 0, 0.09], [880, 0.16, 0.09]],
  bad: [[196, 0, 0.7]],
};
const SHAKES = { good: [40], again: [40, 80, 40], bad: [120, 80, 120, 80, 120] };

let sounds = null;

/** A tone and a shake of a kind: good, again or bad. */
export function signal(kind) {
  sounds ??= new AudioContext();
  sounds.resume();
  for (const [hertz, after, seconds] of TONES[kind]) {
    tone(hertz, sounds.currentTime + after, seconds);
  }
  navigator.vibrate?.(SHAKES[kind]);
}

export class Answers {
  /** `box`: the element that covers the screen. `free()` is called when scans are taken again. */
  constructor(box, free) {
    this.box = box;
    this.free = free;
    this.timer = null;
    this.blocking = false;
  }

  /** Done: `title` in large, `lines` below. */
  good(title, lines = []) {
    this.#pass("good", title, lines, GOOD_MS);
  }

  /** Scanned before: who, when, where in `lines`. */
  again(title, lines = []) {
    this.#pass("again", title, lines, AGAIN_MS);
  }

  /** Wrong. Stays, and resolves with false after 知道了, with true after `also` (a second way on, as its words). */
  async bad(title, lines = [], { also = null } = {}) {
    while (this.blocking) {
      await this.blocked; // one after the other
    }
    clearTimeout(this.timer);
    signal("bad");
    this.blocking = true;
    let resolve;
    const promise = new Promise((done) => {
      resolve = done;
    });
    this.blocked = promise;
    this.#draw("bad", title, lines);
    this.box.append(this.#button(ANSWER.seen, "answer-seen", () => resolve(false)));
    if (also) {
      this.box.append(this.#button(also, "answer-also", () => resolve(true)));
    }
    this.box.querySelector("button").focus();
    const chosen = await promise;
    this.blocking = false;
    this.#hide();
    return chosen;
  }

  /** A scan came while red is shown: it was not taken. */
  refused() {
    signal("bad");
  }

  #pass(kind, title, lines, milliseconds) {
    signal(kind);
    if (this.blocking) {
      return;
    }
    clearTimeout(this.timer);
    this.#draw(kind, title, lines);
    this.timer = setTimeout(() => this.#hide(), milliseconds);
  }

  #draw(kind, title, lines) {
    this.box.className = `answer answer-${kind}`;
    this.box.setAttribute("role", kind === "bad" ? "alertdialog" : "status");
    const sign = document.createElement("p");
    sign.className = "answer-sign";
    sign.textContent = ANSWER.signs[kind];
    const head = document.createElement("p");
    head.className = "answer-title";
    head.id = "answer-title";
    head.textContent = title;
    this.box.replaceChildren(sign, head, ...lines.map(paragraph));
    this.box.hidden = false;
  }

  #button(text, name, press) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = name;
    button.textContent = text;
    button.addEventListener("click", press, { once: true });
    return button;
  }

  #hide() {
    this.box.hidden = true;
    this.free();
  }
}

function paragraph(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
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
