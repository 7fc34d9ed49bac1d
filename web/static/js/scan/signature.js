// 签名: written with a finger, a pen or a mouse on a pad; a PNG comes out.

import { DOOR } from "../words/scanflow.js";
import { button, made } from "./dom.js";

const WIDE = 960;
const HIGH = 560;
const LINE = 6;

/** A pad: {element, clear (a button), isEmpty(), png()}; `changed()` after each stroke. */
export function pad(changed) {
  const canvas = made("canvas", { width: WIDE, height: HIGH, class: "sign-pad", role: "img", "aria-label": DOOR.signLead });
  const ink = canvas.getContext("2d");
  let [strokes, last] = [0, null];
  const clear = () => {
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, WIDE, HIGH);
    strokes = 0;
    changed();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = spot(canvas, event);
    draw(ink, last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last !== null) {
      const here = spot(canvas, event);
      draw(ink, last, here);
      last = here;
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      strokes += last === null ? 0 : 1;
      last = null;
      changed();
    });
  }
  clear();
  return {
    element: canvas,
    clear: button(DOOR.signClear, clear, { id: "sign-clear" }),
    isEmpty: () => strokes === 0,
    png: () => new Promise((done) => canvas.toBlob(done, "image/png")),
  };
}

function spot(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * WIDE, ((event.clientY - box.top) / box.height) * HIGH];
}

function draw(ink, from, to) {
  ink.strokeStyle = "#0f1a22";
  ink.lineWidth = LINE;
  ink.lineCap = "round";
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.stroke();
}
