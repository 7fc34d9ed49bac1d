// What is asked of an electronic licence, as soon as one is chosen for a material, on every form.

import { get } from "./api.js";
import { LICENCES } from "./words/licences.js";

const LICENCE = "licence";
let types = null;

document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[name^='materials.'][name$='.provided']")) {
    ask(event.target);
  }
});

function ask(how) {
  const line = how.closest(".material, fieldset, form");
  line.querySelector(":scope > .licence")?.remove();
  if (how.value === LICENCE) {
    line.append(fields(how.name.replace(/[.]provided$/, ""), how.id, how.dataset.licence ?? ""));
    giveBack(line, JSON.parse(how.dataset.kept ?? "{}"));
  }
}

/** What a draft had: member → value. */
function giveBack(line, kept) {
  for (const [member, value] of Object.entries(kept)) {
    const field = line.querySelector(`[data-member="${CSS.escape(member)}"]`);
    if (field?.type === "checkbox") {
      field.checked = true;
    } else if (field) {
      field.value = value;
    }
  }
}

/** @param material the beginning of the fields' names @param id of theirs @param type what the item asks for, or "" */
function fields(material, id, type) {
  const box = document.createElement("div");
  box.className = "licence";
  box.append(
    type ? hidden(type) : kinds(text("licence.type", LICENCES.type, 40)),
    text("licence.number", LICENCES.number, 60),
    text("licence.issuer", LICENCES.issuer, 60),
    text("licence.holder", LICENCES.holder, 120, false),
    tick("licence.consent", LICENCES.consent, LICENCES.noConsent),
    tick("checked", LICENCES.looked, ""),
  );
  for (const input of box.querySelectorAll("[data-member]")) {
    input.name = `${material}.${input.dataset.member}`;
    input.id = `${id}-${input.dataset.member.replace(".", "-")}`;
    input.closest(".field")?.querySelector("label").setAttribute("for", input.id);
  }
  const list = box.querySelector("datalist");
  if (list) {
    list.id = `${id}-licence-types`;
    list.previousElementSibling.setAttribute("list", list.id);
  }
  return box;
}

function text(member, words, most, required = true) {
  const field = document.createElement("p");
  field.className = "field";
  const label = document.createElement("label");
  label.textContent = words;
  const input = document.createElement("input");
  input.dataset.member = member;
  input.maxLength = most;
  input.required = required;
  input.spellcheck = false;
  field.append(label, input);
  return field;
}

function tick(member, words, missing) {
  const label = document.createElement("label");
  label.className = "check";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.dataset.member = member;
  box.dataset.as = "bool";
  if (missing) {
    box.required = true;
    box.dataset.missing = missing;
  }
  label.append(box, ` ${words}`);
  return label;
}

function hidden(value) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.dataset.member = "licence.type";
  field.value = value;
  return field;
}

/** The names of all types, offered while one is typed. */
function kinds(field) {
  const list = document.createElement("datalist");
  field.append(list);
  types ??= get("/api/v1/licences");
  types.then(
    (answer) => list.replaceChildren(...answer.types.map((type) => new Option(type.name, type.name))),
    () => (types = null),
  );
  return field;
}
