// The hand-over code, typed on keys that a thumb hits, or on a keyboard; why there is none, where there is none.

import { DOOR } from "../words/scanflow.js";
import { button, made } from "./dom.js";

const DIGITS = 6;

/**
 * The keypad. `said` {code, noCode} is changed in place; `changed()` after each key. `reasons`: of DOOR.noCodes.
 */
export function keypad(said, { changed, reasons }) {
  const field = made("input", {
    id: "handover-code", inputmode: "none", maxlength: DIGITS, autocomplete: "off", class: "code-field number",
    "aria-label": DOOR.codeLead, value: said.code, input: () => set(field.value),
  });
  const set = (text) => {
    said.code = text.normalize("NFKC").replaceAll(/\D/g, "").slice(0, DIGITS);
    said.noCode = null;
    field.value = said.code;
    changed();
  };
  const keys = [..."123456789"].map((digit) => button(digit, () => set(said.code + digit), { "data-key": digit }));
  keys.push(
    button(DOOR.noCode, () => ask(true), { id: "no-code", class: "key-words" }),
    button("0", () => set(`${said.code}0`), { "data-key": "0" }),
    button(DOOR.erase, () => set(said.code.slice(0, -1)), { id: "erase", class: "key-words" }),
  );
  const why = made("div", { id: "no-code-why" },
    made("p", { class: "lead" }, DOOR.noCodeLead),
    made("div", { class: "choices" }, reasons.map((reason) => button(DOOR.noCodes[reason], () => {
      [said.noCode, said.code, field.value] = [reason, "", ""];
      for (const one of why.querySelectorAll("button")) {
        one.setAttribute("aria-pressed", String(one.dataset.reason === reason));
      }
      changed();
    }, { "data-reason": reason, "aria-pressed": String(said.noCode === reason) }))),
    button(DOOR.withCode, () => {
      said.noCode = null;
      ask(false);
      changed();
    }, { id: "with-code", class: "wide" }));
  const typing = made("div", {}, made("p", { class: "lead" }, DOOR.codeLead), made("p", { class: "quiet" }, DOOR.codeHint),
    field, made("div", { class: "keypad" }, keys));
  /** One of the two at a time: both do not fit on a phone. */
  const ask = (isWithout) => {
    [typing.hidden, why.hidden] = [isWithout, !isWithout];
    (isWithout ? why.querySelector("button") : field).focus();
  };
  [typing.hidden, why.hidden] = [said.noCode !== null, said.noCode === null];
  return made("div", { class: "code" }, typing, why);
}

/** Whether something has been said: a whole code, or why there is none. */
export function isSaid({ code, noCode }) {
  return code.length === DIGITS || noCode !== null;
}

/** The members of the scan that say it. */
export function codeMembers({ code, noCode }) {
  return code ? { handoverCode: code } : noCode ? { noCode } : {};
}
