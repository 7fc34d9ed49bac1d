// The clerk's new case: item, places, applicant, materials, parcels, consent.

import { get } from "./api.js";
import { combobox, lookRegions } from "./combobox.js";
import { ItemForm } from "./itemform.js";
import { showMaterials } from "./materials.js";
import { Places, SCHEMES } from "./places.js";
import { SameMatter } from "./samematter.js";

const form = document.getElementById("case-form");
const facts = document.getElementById("item-facts");
const holder = document.getElementById("materials");
const itemForm = new ItemForm(document.getElementById("item-form"), takeSituation);
const places = new Places(document.getElementById("places"), form, document.getElementById("more-places"));

new SameMatter(document.getElementById("same-matter"), form);

async function lookItems(text, signal) {
  const answer = await get(`/api/v1/items?size=8&q=${encodeURIComponent(text)}`, signal);
  return answer.items.map((item) => ({
    value: item.code,
    title: item.name,
    note: `${item.code} · ${item.department} · ${item.mode} · ${limit(item)} · ${item.listedLabel}`,
  }));
}

function limit(item) {
  return item.kind === "即办件" ? "即办" : `承诺 ${item.promisedDays} 个工作日`;
}

function source(item) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = "来源";
  const dates = item.memberships
    .filter((each) => each.validFrom || each.validTo || each.region)
    .map((each) => `${SCHEMES[each.scheme]}${each.region ?? ""}：${each.validFrom ?? ""} 至 ${each.validTo ?? "今"}，${each.mode}`);
  details.append(summary, [item.source, ...dates].join("；"));
  return details;
}

async function takeItem(choice) {
  facts.textContent = "";
  if (!choice) {
    places.take(null);
    itemForm.show("");
    return;
  }
  const item = await get(`/api/v1/items/${encodeURIComponent(choice.value)}`);
  facts.textContent = `${item.department} · ${item.serviceType} · ${item.mode} · ${limit(item)} · ${item.listedLabel}`;
  facts.append(source(item));
  form.elements["applicant.type"].value = item.applicant === "enterprise" ? "enterprise" : "personal";
  form.elements["applicant.type"].dispatchEvent(new Event("change"));
  showMaterials(holder, item.materials);
  places.take(item);
  if (itemForm.code !== item.code) {
    await itemForm.show(item.code);
  }
  if (itemForm.situation) {
    await takeSituation(itemForm.situation);
  }
}

/** Another situation asks for other materials. */
async function takeSituation(situation) {
  const code = itemForm.code;
  const asked = await get(`/api/v1/items/${encodeURIComponent(code)}/form?situation=${encodeURIComponent(situation)}`);
  if (code === itemForm.code) {
    showMaterials(holder, asked.materials);
  }
}

combobox(document.getElementById("item"), lookItems, takeItem);
combobox(document.getElementById("household"), lookRegions, () => places.askAll());

form.elements["applicant.type"].addEventListener("change", (event) => {
  const enterprise = event.target.value === "enterprise";
  form.elements["applicant.idType"].value = enterprise ? "统一社会信用代码" : "居民身份证";
  places.askAll();
});
form.elements["applicant.idType"].addEventListener("change", () => places.askAll());

for (const box of form.querySelectorAll("[data-opens]")) {
  const part = form.querySelector(`[data-part="${box.dataset.opens}"]`);
  box.addEventListener("change", () => {
    part.disabled = !box.checked;
    part.hidden = !box.checked;
    for (const field of part.querySelectorAll("[data-like]")) {
      field.value ||= form.elements[field.dataset.like].value;
    }
  });
  box.dispatchEvent(new Event("change"));
}

const given = form.elements.itemCode.value;
if (given) {
  itemForm.code = given;
  itemForm.ready();
  takeItem({ value: given });
}

form.addEventListener("done", (event) => location.assign(`/window/${event.detail.caseNo}`));
