// The item's own form: fetched as the server renders it for a situation; hides what another field rules out.

import { combobox, lookRegions } from "./combobox.js";

export class ItemForm {
  /** @param situationTaken (key) called when another situation (情形) was chosen; "" for none */
  constructor(holder, situationTaken) {
    this.holder = holder;
    this.code = "";
    this.situationTaken = situationTaken;
    holder.addEventListener("change", (event) => this.changed(event.target));
  }

  get situation() {
    return this.holder.querySelector("[data-situation]")?.value ?? "";
  }

  async show(code, situation = "") {
    this.code = code;
    if (!code) {
      this.holder.replaceChildren();
      return;
    }
    const answer = await fetch(`/window/form/${encodeURIComponent(code)}?situation=${encodeURIComponent(situation)}`);
    if (!answer.ok || answer.redirected || this.code !== code) {
      return;
    }
    const kept = this.kept();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.holder.replaceChildren(...page.body.childNodes);
    this.giveBack(kept);
    this.ready();
  }

  /** Makes what the server rendered work: searching for regions, hiding what is not asked. */
  ready() {
    for (const box of this.holder.querySelectorAll("[data-regions]")) {
      combobox(box, lookRegions, () => {});
    }
    this.hide();
  }

  changed(field) {
    if (field.matches("[data-situation]")) {
      this.situationTaken(field.value);
      this.show(this.code, field.value);
    } else {
      this.hide();
    }
  }

  hide() {
    for (const part of this.holder.querySelectorAll("[data-when]")) {
      const wanted = part.dataset.values.split(" ");
      part.disabled = !this.chosen(part.dataset.when).some((value) => wanted.includes(value));
      part.hidden = part.disabled;
    }
  }

  chosen(name) {
    const fields = [...this.holder.querySelectorAll("[name]")].filter((each) => !each.matches(":disabled"));
    const ticked = fields.filter((each) => each.dataset.of === name && each.checked).map((each) => each.value);
    return ticked.concat(fields.filter((each) => each.name === name).map((each) => each.value));
  }

  kept() {
    const fields = [...this.holder.querySelectorAll("input, select, textarea")].filter((each) => each.name || each.id);
    return new Map(fields.map((each) => [each.name || each.id, { value: each.value, checked: each.checked }]));
  }

  giveBack(kept) {
    for (const field of this.holder.querySelectorAll("input, select, textarea")) {
      const before = kept.get(field.name || field.id);
      if (before && !field.matches("[data-situation]")) {
        if (field.type === "checkbox") {
          field.checked = before.checked;
        } else {
          field.value = before.value;
        }
      }
    }
  }
}
