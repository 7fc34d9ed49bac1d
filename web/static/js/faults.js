// The error summary: on top of the form, in focus, one link per field, the same words beside the field.

import { FAULTS } from "./words/forms.js";

const MARK = FAULTS.mark;

export function clearFaults(form) {
  form.querySelector(":scope > .summary")?.remove();
  for (const note of form.querySelectorAll(".fault")) {
    note.remove();
  }
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
  }
  document.title = document.title.replace(MARK, "");
}

/** @param faults list of {field, detail}; `field` may be empty */
export function showFaults(form, title, faults) {
  clearFaults(form);
  const box = document.createElement("div");
  box.className = "summary";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const list = document.createElement("ul");
  for (const fault of faults) {
    list.append(line(form, fault));
  }
  box.append(heading, list);
  form.prepend(box);
  document.title = MARK + document.title;
  box.focus();
}

function line(form, { field, detail }) {
  const item = document.createElement("li");
  const place = field ? placeOf(form, field) : null;
  if (!place) {
    item.textContent = detail;
    return item;
  }
  place.id ||= `field-${field.replaceAll(".", "-")}`;
  const link = document.createElement("a");
  link.href = `#${place.id}`;
  link.textContent = detail;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    place.closest("details:not([open])")?.setAttribute("open", "");
    place.focus();
  });
  item.append(link);
  place.setAttribute("aria-invalid", "true");
  const note = document.createElement("span");
  note.className = "fault";
  note.textContent = detail;
  (place.closest(".field") ?? place.closest("fieldset") ?? place.parentElement).append(note);
  return item;
}

/** The field of this name; else the first that can be filled in of the group with this name. */
export function placeOf(form, field) {
  const named = [...form.elements].find((each) => each.name === field);
  if (named) {
    return named.type === "hidden" ? named.closest(".combo, .upload")?.querySelector("[role=combobox], [type=file]") : named;
  }
  const group = form.querySelector(`[data-field="${CSS.escape(field)}"]`);
  if (group) {
    return group.querySelector("input:not([type=hidden]), select, textarea, button");
  }
  const parent = field.includes(".") ? field.slice(0, field.lastIndexOf(".")) : "";
  return parent ? placeOf(form, parent) : null;
}

/** What the browser itself finds empty or out of form, before anything is sent. */
export function missing(form) {
  const faults = [];
  for (const field of form.elements) {
    const label = field.dataset.missing ?? field.labels?.[0]?.textContent.trim() ?? field.name;
    if (field.getAttribute("role") === "combobox") {
      const chosen = field.closest(".combo").querySelector("input[type=hidden]");
      if (field.willValidate && field.required && !chosen.value) {
        faults.push({ field: chosen.name, detail: label });
      }
    } else if (field.willValidate && !field.checkValidity()) {
      const empty = field.dataset.missing ?? FAULTS.empty(label);
      const said = field.validity.customError ? field.validationMessage : FAULTS.misformed(label);
      faults.push({ field: field.name, detail: field.validity.valueMissing ? empty : said });
    }
  }
  return faults;
}
