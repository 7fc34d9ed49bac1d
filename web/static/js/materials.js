// What the item asks for, how the applicant brings it, and the file of what travels electronically.

import "./uploads.js";

const FORMS = { original: "原件", copy: "复印件", electronic: "电子件", form: "表格" };
const REQUIRED = { yes: "必需", no: "可不交", deferrable: "可容缺" };

export function showMaterials(holder, materials) {
  if (materials.length === 0) {
    holder.replaceChildren(said("这个事项不需要材料。"));
    return;
  }
  const rows = materials.map((material, place) => row(material, place));
  holder.replaceChildren(...rows);
  renumber(holder);
}

/** What is left out takes no place: a refusal names the place in what was sent. */
function renumber(holder) {
  let place = 0;
  for (const line of holder.querySelectorAll(".material")) {
    const taken = line.querySelector("select").value !== "";
    const prefix = taken ? `materials.${place}` : "materials.none";
    for (const [part, field] of Object.entries(parts(line))) {
      field.name = part === "file" ? prefix : `${prefix}.${part}`;
    }
    for (const field of line.querySelectorAll("[data-member]")) {
      field.name = `${prefix}.${field.dataset.member}`; // what an electronic licence asks for
    }
    place += taken ? 1 : 0;
  }
}

function parts(line) {
  const fields = ["select", "input.count", "input.pages", "input.seq"].map((each) => line.querySelector(each));
  const [provided, count, pages, seq] = fields;
  return { provided, count, pages, seq, file: line.querySelector("upload-field") };
}

function said(text) {
  const line = document.createElement("p");
  line.className = "quiet";
  line.textContent = text;
  return line;
}

function row(material, place) {
  const line = document.createElement("div");
  line.className = "material";
  const name = document.createElement("label");
  name.htmlFor = `material-${place}`;
  name.textContent = material.name;
  const note = document.createElement("small");
  note.textContent = `${FORMS[material.form]} ${material.copies} 份 · ${REQUIRED[material.required]}`;
  name.append(note);
  const how = document.createElement("select");
  how.id = `material-${place}`;
  how.dataset.licence = material.eLicence ?? "";
  for (const [value, label] of ways(material)) {
    how.append(new Option(label, value));
  }
  const seq = hidden(material.seq);
  const pieces = number("count", material.copies, `${material.name}的份数`);
  const pages = number("pages", 1, `${material.name}每份的页数`);
  pages.id = `material-${place}-pages`;
  const file = document.createElement("upload-field");
  file.className = "upload field";
  Object.assign(file.dataset, { what: material.name, how: how.id, pages: pages.id });
  line.append(name, how, pieces, unit("份"), pages, unit("页"), file, seq);
  how.addEventListener("change", () => {
    const none = how.value === "";
    seq.disabled = none;
    pieces.disabled = none;
    pages.disabled = none;
    if (line.parentElement) {
      renumber(line.parentElement);
    }
  });
  how.dispatchEvent(new Event("change"));
  return line;
}

/** The usual way first. What is not needed, or not there yet, can be left out. */
function ways(material) {
  const usual = { original: "original", copy: "copy", form: "original", electronic: "electronic" }[material.form];
  const labels = { original: "原件", copy: "复印件", electronic: "电子件" };
  const rest = Object.keys(labels).filter((way) => way !== usual);
  const all = [usual, ...rest].map((way) => [way, labels[way]]);
  if (material.eLicence) {
    all.push(["licence", `电子证照：${material.eLicence}`]);
  }
  if (material.required === "deferrable") {
    all.push(["deferred", "容缺，承诺补交"]);
  }
  if (material.commitment) {
    all.push(["committed", "告知承诺"]);
  }
  return [...all, ["", "没有带来"]];
}

function unit(text) {
  const word = document.createElement("span");
  word.textContent = text;
  return word;
}

function number(part, value, label) {
  const field = document.createElement("input");
  field.className = part;
  field.dataset.as = "number";
  field.inputMode = "numeric";
  field.value = String(value);
  field.setAttribute("aria-label", label);
  return field;
}

function hidden(value) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.className = "seq";
  field.value = String(value);
  field.dataset.as = "number";
  return field;
}
