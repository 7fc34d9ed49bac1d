// Enter while a Chinese input method composes confirms a candidate; it must never send a form or take a choice.
// Safari ends the composition before its keydown, so the old code 229 is asked as well.

/** @param {KeyboardEvent} event */
export function isImeKey(event) {
  return event.isComposing || event.keyCode === 229;
}

/** Enter that a person meant as Enter. */
export function isEnter(event) {
  return event.key === "Enter" && !isImeKey(event);
}

/** Enter that chooses a candidate: a form must not take it as its own. */
export function isImeEnter(event) {
  return event.key === "Enter" && isImeKey(event);
}
