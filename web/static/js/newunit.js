// A new unit: its kind rules out where it cannot stand, and whether it says what it stands for. The server judges the same.

const form = document.querySelector("form[data-new-unit]");
const kind = form?.elements.kind;

function fits(part) {
  return part.dataset.of.split(" ").includes(kind.value);
}

function ruleOut() {
  const parents = [...form.elements.parent.options].filter((option) => option.dataset.of);
  for (const option of parents) {
    option.hidden = option.disabled = kind.value !== "" && !fits(option);
  }
  const left = parents.filter((option) => !option.disabled);
  if (form.elements.parent.selectedOptions[0]?.disabled) {
    form.elements.parent.value = "";
  }
  if (left.length === 1) {
    left[0].selected = true; // nothing is left to choose
  }
  for (const part of form.querySelectorAll("p[data-of], span[data-of]")) {
    part.hidden = !fits(part);
    for (const field of part.querySelectorAll("input")) {
      field.disabled = part.hidden;
      field.required = !part.hidden;
    }
  }
}

if (form) {
  kind.addEventListener("change", ruleOut);
  ruleOut();
}
