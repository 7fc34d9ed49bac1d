// The clerk's new case: item, places, applicant, form, materials, parcels, consent; checked, kept and posted.

import { get } from "./api.js";
import { CheckPanel } from "./checkpanel.js";
import { combobox, lookRegions } from "./combobox.js";
import { Draft } from "./drafts.js";
import { ItemForm } from "./itemform.js";
import { isEnter, isImeKey } from "./keys.js";
import "./licences.js";
import { Materials } from "./materials.js";
import { Places } from "./places.js";
import { Reader } from "./reader.js";
import { lastRegion, recentItems, rememberItem, rememberRegion } from "./recents.js";
import { SameMatter } from "./samematter.js";
import { SessionWatch } from "./sessionwatch.js";
import { ID_TYPES, ITEM, KEYS as TOLD, SCHEMES } from "./words/newcase.js";

const form = document.getElementById("case-form");
const facts = document.getElementById("item-facts");
const { elements } = form;

const session = new SessionWatch(document.getElementById("session"));
const reader = new Reader(form, () => elements["applicant.phone"].focus());
const places = new Places(document.getElementById("places"), form, document.getElementById("more-places"), takePlace);
const itemForm = new ItemForm(document.getElementById("item-form"), takeSituation);
const materials = new Materials(document.getElementById("materials"), () => check.next());
const same = new SameMatter(document.getElementById("same-matter"));
const check = new CheckPanel(document.getElementById("check"), form, (answer) => same.show(answer.cases));
const draft = new Draft(form, document.getElementById("saved"), () => session.wanted());

async function lookItems(text, signal) {
  if (!text) {
    return recentItems();
  }
  const answer = await get(`/api/v1/items?size=8&q=${encodeURIComponent(text)}`, signal);
  return answer.items.map((item) => ({
    value: item.code,
    title: item.name,
    note: `${item.code} · ${item.department} · ${item.mode} · ${ITEM.limit(item)} · ${item.listedLabel}`,
  }));
}

function source(item) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = ITEM.source;
  const dates = item.memberships
    .filter((each) => each.validFrom || each.validTo || each.region)
    .map((each) => ITEM.dates(SCHEMES[each.scheme], each));
  details.append(summary, [item.source, ...dates].join(ITEM.between));
  return details;
}

/** Another item was chosen, or given up. `kept`: the page came with its form, as a draft does. */
async function takeItem(choice, kept = false) {
  facts.textContent = "";
  if (!choice) {
    places.take(null);
    itemForm.show("");
    materials.show("");
    return;
  }
  const item = await get(`/api/v1/items/${encodeURIComponent(choice.value)}`);
  if (elements.itemCode.value !== item.code) {
    return;
  }
  facts.textContent = `${item.department} · ${item.serviceType} · ${item.mode} · ${ITEM.limit(item)} · ${item.listedLabel}`;
  facts.append(source(item));
  places.take(item, kept);
  if (!kept) {
    elements["applicant.type"].value = item.applicant === "enterprise" ? "enterprise" : "personal";
    elements["applicant.type"].dispatchEvent(new Event("change", { bubbles: true }));
    await Promise.all([materials.show(item.code), itemForm.code === item.code ? null : itemForm.show(item.code)]);
  }
  check.soon();
}

/** Another situation asks for other materials. */
async function takeSituation(situation) {
  await materials.show(itemForm.code, situation);
  check.soon();
}

function chosenItem(choice) {
  takeItem(choice);
  if (choice) {
    rememberItem(choice);
    const last = lastRegion();
    if (last) {
      places.offer(last.value, last.title);
    }
    document.getElementById("place-0").focus();
  }
}

function takePlace(box, choice) {
  rememberRegion(choice);
  const boxes = [...document.querySelectorAll("#places [role=combobox]")];
  (boxes[boxes.indexOf(box) + 1] ?? afterPlaces()).focus();
}

function afterPlaces() {
  return document.getElementById("read-card") ?? elements["applicant.name"];
}

combobox(document.getElementById("item"), lookItems, chosenItem, { onEmpty: true });
combobox(document.getElementById("household"), lookRegions, () => places.askAll());

// Enter in a search box whose choice stands already goes on to what comes next.
form.addEventListener("onward", (event) => {
  const box = event.target;
  if (box.id === "item") {
    document.getElementById("place-0").focus();
  } else if (box.closest("#places")) {
    const boxes = [...document.querySelectorAll("#places [role=combobox]")];
    (boxes[boxes.indexOf(box) + 1] ?? afterPlaces()).focus();
  }
});

elements["applicant.type"].addEventListener("change", (event) => {
  const enterprise = event.target.value === "enterprise";
  const idType = elements["applicant.idType"];
  if (enterprise !== (idType.value === ID_TYPES.enterprise)) {
    idType.value = enterprise ? ID_TYPES.enterprise : ID_TYPES.personal;
  }
  places.askAll();
});
elements["applicant.idType"].addEventListener("change", () => places.askAll());

for (const box of form.querySelectorAll("[data-opens]")) {
  const part = form.querySelector(`[data-part="${box.dataset.opens}"]`);
  box.addEventListener("change", () => {
    part.disabled = !box.checked;
    part.hidden = !box.checked;
    for (const field of part.querySelectorAll("[data-like]")) {
      field.value ||= elements[field.dataset.like].value;
    }
    form.dispatchEvent(new Event("opened"));
  });
}

form.addEventListener("submit", (event) => event.submitter?.hasAttribute("formaction") || draft.stop());
form.addEventListener("unsent", () => draft.over && draft.resume());
form.addEventListener("refused", (event) => {
  const problem = event.detail;
  if (problem.code === "SAME_MATTER") {
    same.show(problem.cases);
  } else if (["IDEMPOTENCY_KEY_REUSED", "DRAFT_REGISTERED"].includes(problem.code)) {
    location.replace(`/window/new?draft=${draft.id}`);
  } else if (problem.status === 401) {
    session.wanted();
  }
});
form.addEventListener("done", (event) => location.assign(`/window/${event.detail.caseNo}/done#print`));

const KEYS = {
  F6: () => check.next(),
  F7: () => reader.take(),
  F2: () => draft.now().then(() => location.assign("/window/new")),
  F9: () => draft.now().then(() => location.assign("/window/new")),
};

document.addEventListener("keydown", (event) => {
  if (isImeKey(event) || document.querySelector("dialog[open]")) {
    return;
  }
  if (event.ctrlKey && isEnter(event)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (KEYS[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  }
});

// The list of keys is the frame's where there is one; this page adds its own.
const list = document.getElementById("keys");
for (const [key, what] of TOLD) {
  const term = document.createElement("dt");
  const told = document.createElement("dd");
  term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  told.textContent = what;
  list.querySelector("dl").append(term, told);
}
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (list.dataset.own !== undefined && event.key === "?" && !typing && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    list.showModal();
  }
});

addEventListener("pageshow", (event) => event.persisted && location.reload());

if (elements.itemCode.value) {
  itemForm.code = elements.itemCode.value;
  itemForm.ready();
  takeItem({ value: itemForm.code }, true);
  for (const how of document.querySelectorAll(".material > select")) {
    how.dispatchEvent(new Event("change", { bubbles: true })); // opens what a draft has filled in below it
  }
}

// What was typed before this ran.
const box = document.getElementById("item");
document.dispatchEvent(new Event("modules"));
if (box.value && !elements.itemCode.value) {
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
if (document.documentElement.dataset.early === box.id) {
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}
