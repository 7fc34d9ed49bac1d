// Every form with data-api goes to our HTTP interface as JSON, once, however often the button is pressed.
//   data-key   Idempotency-Key of this form; made anew where none is given
//   data-then  reload | stay | what `done` listeners do
//   data-one-key  the key stays after a refusal: whatever is sent is one and the same matter
//   data-ask   a question before something that can't be taken back; a dialog in the form (parts/confirm.html) asks it, too,
//              once nothing lacks, and its own button sends
//   data-unless  fields that an outcome does not need

import { freshKey, post } from "./api.js";
import { asked } from "./confirm.js";
import { clearFaults, missing, showFaults } from "./faults.js";
import { isImeEnter } from "./keys.js";
import { showTheirs } from "./theirs.js";
import { valuesOf } from "./values.js";
import { FORMS } from "./words/forms.js";

const BUSY_MS = 15000;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-api]");
  if (form && !event.submitter?.hasAttribute("formaction")) {
    event.preventDefault();
    send(form);
  }
});

// A form is sent by Enter in a field: not while a candidate is being chosen.
document.addEventListener("keydown", (event) => {
  if (isImeEnter(event) && event.target.closest("form")) {
    event.preventDefault();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.name !== "outcome") {
    return;
  }
  for (const part of event.target.form.querySelectorAll("[data-unless]")) {
    part.hidden = part.dataset.unless === event.target.value;
    for (const field of part.querySelectorAll("input")) {
      field.disabled = part.hidden;
    }
  }
});

async function send(form) {
  const button = form.querySelector("button:not([type=button])");
  if (button.disabled) {
    return;
  }
  const gaps = missing(form);
  if (gaps.length > 0) {
    showFaults(form, FORMS.check, gaps);
    form.dispatchEvent(new Event("unsent"));
    return;
  }
  clearFaults(form);
  if (!(await agreed(form))) {
    return;
  }
  form.dataset.key ||= freshKey();
  const words = button.textContent;
  button.disabled = true;
  button.textContent = FORMS.busy;
  const relief = setTimeout(() => restore(button, words), BUSY_MS);
  try {
    const answer = await post(form.dataset.api, valuesOf(form), form.dataset.key);
    finish(form, answer);
  } catch (problem) {
    // A refused body may be mended and sent again; the key belongs to one body only.
    if (problem.status >= 400 && problem.status < 500 && form.dataset.oneKey === undefined) {
      form.dataset.key = freshKey();
    }
    form.dispatchEvent(new Event("unsent"));
    form.dispatchEvent(new CustomEvent("refused", { detail: problem }));
    if (problem.theirs) {
      showTheirs(form, problem);
      return;
    }
    const faults = problem.errors?.length ? problem.errors : [{ field: "", detail: problem.message }];
    showFaults(form, problem.errors?.length ? problem.message : FORMS.refused, faults);
  } finally {
    clearTimeout(relief);
    restore(button, words);
  }
}

/** Whether a person has said yes to the form's question; one without a question needs none. */
async function agreed(form) {
  const dialog = form.querySelector("dialog");
  if (dialog && !dialog.open) {
    dialog.showModal();
    return false; // its button sends the form again
  }
  dialog?.close();
  return !form.dataset.ask || asked(form.dataset.ask);
}

function restore(button, words) {
  button.disabled = false;
  button.textContent = words;
}

function finish(form, answer) {
  if (form.dataset.then === "reload") {
    location.reload();
  } else if (form.dataset.then === "stay") {
    const note = document.createElement("p");
    note.className = "done";
    note.setAttribute("role", "status");
    note.textContent = FORMS.taken;
    form.replaceWith(note);
  } else {
    form.dispatchEvent(new CustomEvent("done", { detail: answer, bubbles: true }));
  }
}
