// What the item asks for, and how the applicant brings it.

const FORMS = { original: "原件", copy: "复印件", electronic: "电子件", form: "表格" };
const REQUIRED = { yes: "必需", no: "可不交", deferrable: "可容缺" };

export function showMaterials(holder, materials) {
  if (materials.length === 0) {
    holder.replaceChildren(said("这个事项不需要材料。"));
    return;
  }
  const rows = materials.map((material, place) => row(material, place));
  holder.replaceChildren(...rows);
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
  how.name = `materials.${place}.provided`;
  for (const [value, label] of ways(material)) {
    how.append(new Option(label, value));
  }
  const seq = hidden(`materials.${place}.seq`, material.seq);
  const pages = document.createElement("input");
  pages.name = `materials.${place}.pages`;
  pages.dataset.as = "number";
  pages.inputMode = "numeric";
  pages.value = "1";
  pages.setAttribute("aria-label", `${material.name}的页数`);
  const unit = document.createElement("span");
  unit.textContent = "页";
  line.append(name, how, pages, unit, seq);
  how.addEventListener("change", () => {
    const none = how.value === "";
    seq.disabled = none;
    pages.disabled = none;
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

function hidden(name, value) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = name;
  field.value = String(value);
  field.dataset.as = "number";
  return field;
}
