// The camera as a scanner. What decodes is loaded when somebody asks for it: the browser's own where it reads our codes,
// else the one that we serve.

import { CAMERA } from "../words/scan.js";
import { button, made } from "./dom.js";

const FORMATS = ["code_128", "qr_code"];
const EVERY_MS = 80;
const SAME_MS = 2500; // as long as a code stays in the picture it is one scan
const WASM = "/static/vendor/zxing-wasm/zxing_reader.wasm";
const WANTED = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };

let detector = null;

export class Camera {
  /** `box`: where the picture stands. `found(text)` per code that comes into the picture. */
  constructor(box, found, answer) {
    this.box = box;
    this.found = found;
    this.answer = answer;
    this.stream = null;
    this.last = { text: null, at: 0 };
    document.addEventListener("visibilitychange", () => document.hidden && this.close());
  }

  /** Open it or close it. */
  toggle() {
    return this.stream ? this.close() : this.open();
  }

  /** Show the picture and read what comes into it. */
  async open() {
    const ready = loaded();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
    } catch {
      this.answer.bad(CAMERA.refused.title, CAMERA.refused.lines);
      return;
    }
    this.video = made("video", { playsinline: true, muted: true, "aria-label": CAMERA.open });
    this.video.srcObject = this.stream;
    this.box.replaceChildren(this.video, made("p", { class: "acts" }, ...this.#buttons()));
    this.box.hidden = false;
    await this.video.play();
    this.#look(await ready);
  }

  /** Stop it; its light goes out. */
  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.box.hidden = true;
    this.box.replaceChildren();
  }

  async #look(reader) {
    while (this.stream) {
      const [code] = await reader.detect(this.video).catch(() => []);
      if (code && this.stream) {
        this.#read(code.rawValue);
      }
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
  }

  #read(text) {
    const now = performance.now();
    const isNew = text !== this.last.text || now - this.last.at > SAME_MS;
    this.last = { text, at: now };
    if (isNew) {
      this.found(text);
    }
  }

  #buttons() {
    const close = button(CAMERA.close, () => this.close());
    const [track] = this.stream.getVideoTracks();
    if (!track.getCapabilities?.().torch) {
      return [close];
    }
    let lit = false;
    const torch = button(CAMERA.torch, async () => {
      lit = !lit;
      await track.applyConstraints({ advanced: [{ torch: lit }] });
      torch.setAttribute("aria-pressed", String(lit));
    });
    return [close, torch];
  }
}

function loaded() {
  detector ??= newDetector();
  return detector;
}

async function newDetector() {
  const own = await window.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (FORMATS.every((format) => own?.includes(format))) {
    return new window.BarcodeDetector({ formats: FORMATS });
  }
  const { BarcodeDetector, prepareZXingModule } = await import("../../vendor/barcode-detector/ponyfill.js");
  await prepareZXingModule({ overrides: { locateFile: () => WASM }, fireImmediately: true });
  return new BarcodeDetector({ formats: FORMATS });
}
