// One field takes every scan: wedges that type (with Enter, Tab or nothing behind), text injected at once, input methods
// that compose, the camera, and hands. What takes focus away gives it back.

import { isEnter, isImeKey } from "../keys.js";
import { clean, wholeness } from "./codes.js";

const QUIET_MS = 300; // after the last input event a scan is over
const STUTTER_MS = 1200; // where more must follow, or the scanner is known to end with a key, a pause is only a pause
const SCANNER_MS = 80; // between two characters on average: hands are slower, and end with Enter
const TAIL_MS = 500; // a suffix that comes after the code was known to be whole
const ALONE_MS = 600; // a key pressed by a person, not the end of a scan

export class ScanInput {
  /** `took(code)` per scan; `blocked()` true: nothing is taken, and `refused()` is told of each try. */
  constructor(field, { took, blocked, refused }) {
    this.field = field;
    this.took = took;
    this.blocked = blocked;
    this.refused = refused;
    this.paused = false;
    this.hasKeyboard = false;
    this.timer = null;
    this.takenAt = -Infinity;
    this.endsWithKey = false; // as its last scan did
    this.lastKeyAt = -Infinity;
    this.#begin();
    field.addEventListener("input", (event) => this.#heard(event));
    field.addEventListener("compositionend", () => this.#wait());
    document.addEventListener("keydown", (event) => this.#pressed(event), true);
    document.addEventListener("focusout", (event) => event.relatedTarget ?? setTimeout(() => this.focus()));
    document.addEventListener("click", () => setTimeout(() => this.focus()));
    document.addEventListener("visibilitychange", () => this.focus());
    this.focus();
  }

  /** The field has the focus, unless a person is in another one. */
  focus() {
    if (!this.paused && !this.blocked() && !isField(document.activeElement)) {
      this.field.focus({ preventScroll: true });
    }
  }

  /** While a view has fields of its own that scans go to. */
  pause() {
    this.paused = true;
  }

  /** Scans are taken again. */
  resume() {
    this.paused = false;
    this.focus();
  }

  /** The phone's own keyboard, shown or not; without it the field is a scanner's. */
  showKeyboard(shown) {
    this.hasKeyboard = shown;
    this.field.inputMode = shown ? "text" : "none";
    this.field.blur();
    this.focus();
  }

  /** What came before anybody listened: the key at its end was not heard, so the code itself or a pause ends it. */
  catchUp() {
    if (this.field.value) {
      this.field.dispatchEvent(new InputEvent("input"));
    }
  }

  /** A code from elsewhere, e.g. the camera. */
  give(text) {
    if (this.blocked()) {
      this.refused();
      return;
    }
    const code = clean(text);
    if (code) {
      this.took(code);
    }
  }

  /** What stands in the field is a whole scan. */
  end() {
    clearTimeout(this.timer);
    const text = this.field.value;
    this.field.value = "";
    this.#begin();
    if (text.trim()) {
      this.takenAt = performance.now();
      this.give(text);
    }
  }

  #begin() {
    this.firstAt = null;
    this.events = 0;
  }

  #heard(event) {
    this.firstAt ??= performance.now();
    this.events += 1;
    this.lastAt = performance.now();
    if (!event.isComposing) {
      this.#wait();
    }
  }

  #wait() {
    clearTimeout(this.timer);
    const whole = wholeness(this.field.value);
    if (whole === "whole") {
      this.end();
    } else if (this.#isScanner()) {
      this.timer = setTimeout(() => this.#quiet(), this.endsWithKey || whole === "part" ? STUTTER_MS : QUIET_MS);
    }
  }

  #quiet() {
    this.endsWithKey = false;
    this.end();
  }

  /** Faster than hands: several characters at once, or one after the other without a pause. */
  #isScanner() {
    const characters = this.field.value.length;
    return characters > 3 && (this.lastAt - this.firstAt) / Math.max(characters - 1, 1) <= SCANNER_MS;
  }

  #pressed(event) {
    const alone = performance.now() - Math.max(this.lastKeyAt, this.takenAt) > ALONE_MS;
    if (!isSuffix(event)) {
      this.lastKeyAt = performance.now();
    }
    if (this.blocked()) {
      this.#whileBlocked(event, alone);
    } else if (!this.paused) {
      this.#toField(event);
    }
  }

  /** A scan must not press the button that acknowledges an error; a person's key may. */
  #whileBlocked(event, alone) {
    if (!isPlain(event) && !isSuffix(event)) {
      return;
    }
    if (event.key.length === 1 && event.key !== " ") {
      event.preventDefault();
      this.refused();
    } else if (!alone) {
      event.preventDefault();
    }
  }

  #toField(event) {
    const elsewhere = isField(document.activeElement) && document.activeElement !== this.field;
    if (elsewhere || isImeKey(event)) {
      return;
    }
    if (isSuffix(event) && document.activeElement === this.field) {
      const late = performance.now() - this.takenAt < TAIL_MS;
      if (this.field.value.trim() || late || isEnter(event)) {
        event.preventDefault();
        this.endsWithKey ||= late || this.field.value !== "";
        this.end();
      }
    } else if (isPlain(event) && event.altKey) {
      event.preventDefault(); // some firmware holds Alt: no input event would come
      this.field.value += event.key;
      this.field.dispatchEvent(new InputEvent("input"));
    } else if (isPlain(event) && event.key !== " ") {
      this.focus();
    }
  }
}

function isSuffix(event) {
  return isEnter(event) || (event.key === "Tab" && !isImeKey(event));
}

function isPlain(event) {
  return event.key?.length === 1 && !event.ctrlKey && !event.metaKey;
}

function isField(element) {
  return element?.matches?.("input, select, textarea, [contenteditable]") ?? false;
}
