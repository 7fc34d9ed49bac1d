// Papers counted one by one against the list: right, too few, too many, damaged, with a photo as proof.

import { DOOR } from "../words/scanflow.js";
import { button, made } from "./dom.js";
import { canKeep, keepProof, shrunk } from "./proofs.js";
import { label } from "./stages.js";

/** A tally of papers, none counted yet: plain data, so that it can be kept on the device. */
export function uncounted(papers) {
  return papers.map(({ name, form, count, paperNo }) => ({
    name, form, said: count, paperNo: paperNo ?? null, counted: null, damaged: false,
  }));
}

export function isCounted(tally) {
  return tally.every((line) => line.counted !== null);
}

/** As `POST /scans:batch` wants it. */
export function manifestOf(tally) {
  return tally.map(({ name, form, counted, paperNo }) => ({ name, form, count: counted, paperNo }));
}

/** What is not as listed, in words. */
export function differences(tally) {
  const counts = tally.filter((line) => line.counted !== line.said);
  return [
    ...counts.map((line) => DOOR.difference(line.name, line.said, line.counted)),
    ...tally.filter((line) => line.damaged).map((line) => DOOR.damage(line.name)),
  ];
}

/** The lines to be counted. `changed()` after each press; `photo(sha256)` for each picture. */
export function counting(context, tally, { changed, photo }) {
  const box = made("div", { class: "tally" });
  const draw = () => {
    const done = tally.filter((line) => line.counted !== null).length;
    box.replaceChildren(
      made("p", { class: "lead", role: "status" }, DOOR.papersLead(done, tally.length)),
      made("ol", { class: "tally-lines" }, tally.map((line, at) => row(line, at, () => {
        draw();
        changed();
      }, photoButton(context, at, photo)))),
    );
  };
  draw();
  return box;
}

function row(line, at, changed, camera) {
  const set = (counted) => () => {
    line.counted = Math.max(0, Math.min(999, counted));
    changed();
    document.getElementById(`right-${at}`)?.focus({ preventScroll: true });
  };
  const state = line.counted === null ? "open" : line.counted === line.said && !line.damaged ? "right" : "differs";
  const pressed = (is) => ({ "aria-pressed": String(is) });
  const isLess = line.counted !== null && line.counted < line.said;
  const isMore = line.counted !== null && line.counted > line.said;
  const acts = [
    button(DOOR.right, set(line.said), { id: `right-${at}`, class: "tally-right", ...pressed(line.counted === line.said) }),
    button(DOOR.less, set(line.said - 1), { id: `less-${at}`, ...pressed(isLess) }),
    button(DOOR.more, set(line.said + 1), { id: `more-${at}`, ...pressed(isMore) }),
    button(DOOR.damaged, () => {
      line.damaged = !line.damaged;
      line.counted ??= line.said;
      changed();
    }, { id: `damaged-${at}`, ...pressed(line.damaged) }),
  ];
  const stepper = (isLess || isMore) && made("p", { class: "tally-step" },
    button("−", set(line.counted - 1), { "aria-label": DOOR.minus }),
    made("strong", {}, DOOR.counted(line.counted)),
    button("+", set(line.counted + 1), { "aria-label": DOOR.plus }));
  return made("li", { "data-state": state },
    made("p", {}, made("strong", {}, line.name), " ", made("span", { class: "quiet" }, DOOR.expected(label(line.form), line.said))),
    made("p", { class: "tally-acts" }, acts),
    stepper,
    state === "differs" && camera);
}

function photoButton(context, at, photo) {
  if (!canKeep()) {
    return made("p", { class: "quiet" }, DOOR.noPhoto);
  }
  const told = made("span", { role: "status" });
  const field = made("input", {
    type: "file", accept: "image/*", capture: "environment", id: `photo-${at}`, class: "hush",
    change: async () => {
      for (const file of field.files) {
        told.textContent = DOOR.photos(photo(await keepProof(context.db, await shrunk(file))));
      }
      field.value = "";
    },
  });
  return made("p", { class: "tally-photo" }, field, made("label", { for: `photo-${at}`, class: "button" }, DOOR.photo), told);
}
