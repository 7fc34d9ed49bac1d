// One handling and what is said of it: the form of an event opens from the bar, texts come from templates, and nothing
// is sent before a dialog has named case, person and consequence.
//   data-confirmed-by  the dialog that is asked first; its main button sends the form
//   data-plain         nothing is to be filled in: the button of the bar asks at once

import { clearFaults, missing, showFaults } from "./faults.js";
import { follow } from "./stream.js";
import { changedRow } from "./updates.js";
import { valuesOf } from "./values.js";
import { DECIDE } from "./words/officer.js";

let asking = null; // the form that waits for its dialog

document.addEventListener("submit", beforeItIsSent, true);

function beforeItIsSent(event) {
  const form = event.target.closest("form[data-confirmed-by]");
  if (!form) {
    return;
  }
  if (form.dataset.confirmed) {
    delete form.dataset.confirmed;
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  const gaps = missing(form);
  if (gaps.length > 0) {
    showFaults(form, DECIDE.check, gaps);
    return;
  }
  clearFaults(form);
  ask(form);
}

function ask(form) {
  asking = form;
  const dialog = document.getElementById(form.dataset.confirmedBy);
  const echo = dialog.querySelector("[data-echo]");
  echo?.replaceChildren(...answersOf(form).flatMap(([label, value]) => [text("dt", label), text("dd", value)]));
  dialog.showModal();
}

/** What was filled in, by its labels. */
function answersOf(form) {
  const filled = [...form.elements].filter((field) => field.name && field.labels?.length && !field.matches(":disabled"));
  return filled
    .filter((field) => field.type !== "file" && field.value.trim() !== "")
    .map((field) => [field.labels[0].textContent.trim(), field.selectedOptions?.[0]?.textContent ?? field.value.trim()]);
}

document.addEventListener("click", (event) => {
  const yes = event.target.closest("dialog[id^=dialog-] button[value=yes]");
  const opener = event.target.closest("[data-decide]");
  const preview = event.target.closest("[data-preview]");
  if (yes) {
    yes.closest("dialog").close();
    asking.dataset.confirmed = "1";
    asking.requestSubmit();
  } else if (opener) {
    open(opener);
  } else if (preview) {
    show(preview.form);
  }
});

function open(opener) {
  for (const button of document.querySelectorAll("[data-decide]")) {
    const mine = button === opener && button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(mine));
    document.getElementById(`decide-${button.dataset.decide}`).hidden = !mine;
  }
  const part = document.getElementById(`decide-${opener.dataset.decide}`);
  if (part.hidden) {
    return;
  }
  part.scrollIntoView({ block: "nearest" });
  const form = part.querySelector("form");
  if (form.hasAttribute("data-plain")) {
    form.requestSubmit();
  } else {
    form.querySelector("select, textarea, input:not([type=hidden])")?.focus();
  }
}

async function show(form) {
  const no = form.dataset.api.split("/").at(-2);
  const { event, payload } = valuesOf(form);
  const dialog = document.getElementById("letter");
  const answer = await fetch(`/officer/${no}/letter`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ event, payload: payload ?? {} }),
  });
  if (!answer.ok) {
    const { detail, errors } = await answer.json();
    showFaults(form, detail ?? DECIDE.letter, errors ?? []);
    return;
  }
  clearFaults(form);
  const letter = new DOMParser().parseFromString(await answer.text(), "text/html");
  dialog.querySelector("[data-letter]").replaceChildren(...letter.body.childNodes);
  dialog.showModal();
}

document.addEventListener("change", ({ target }) => {
  const form = target.form;
  if (target.matches("[data-templates]")) {
    const { reason, basis } = target.selectedOptions[0].dataset;
    fill(form, "payload.reason", reason);
    fill(form, "payload.legalBasis", basis);
  } else if (target.matches("[data-line]")) {
    const field = form.elements["payload.materials"];
    const others = field.value.split("\n").filter((line) => line.trim() && line.trim() !== target.dataset.line);
    field.value = (target.checked ? [...others, target.dataset.line] : others).join("\n");
  }
});

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-extends]")) {
    const reason = document.getElementById(target.dataset.extends);
    reason.disabled = target.value.trim() === "";
    reason.required = !reason.disabled;
  }
});

function fill(form, name, value) {
  const field = form.elements[name];
  if (field && value) {
    field.value = value;
  }
}

document.addEventListener("done", ({ target, detail }) => {
  if (target.matches("form[data-event]")) {
    location.assign(`/officer/${detail.handlingNo}?said=${detail.event}`);
  }
});

function text(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

const { case: caseNo, since, closed } = document.getElementById("follow").dataset;
if (!closed) {
  const leave = follow(caseNo, Number(since), (what) => {
    if (what === "case") {
      changedRow(caseNo);
    }
  });
  window.addEventListener("pagehide", leave, { once: true });
}
