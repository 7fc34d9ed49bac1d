// Other cases of the same person for the same item at the same place: shown before the case is posted.

import { post } from "./api.js";

const WAIT_MS = 400;

export class SameMatter {
  /** @param {HTMLFieldSetElement} panel @param form the whole form */
  constructor(panel, form) {
    this.panel = panel;
    this.form = form;
    this.asked = "";
    form.addEventListener("change", () => this.soon());
    form.addEventListener("refused", (event) => event.detail.code === "SAME_MATTER" && this.show(event.detail.cases));
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    const body = this.body();
    const asked = JSON.stringify(body);
    if (asked === this.asked) {
      return;
    }
    this.asked = asked;
    try {
      const found = body ? await post("/api/v1/same-matters", body) : { cases: [] };
      if (asked === this.asked) {
        this.show(found.cases);
      }
    } catch {
      this.show([]); // a wrong number is said when the form is sent, and so is the rest
    }
  }

  body() {
    const { elements } = this.form;
    const regions = [...this.form.querySelectorAll("[name^='handlings.'][name$='.region']")].map((each) => each.value);
    const idNumber = elements["applicant.idNumber"].value.trim();
    const itemCode = elements.itemCode.value;
    if (!itemCode || !idNumber || !regions.some(Boolean)) {
      return null;
    }
    return { itemCode, idNumber, idType: elements["applicant.idType"].value, regions: regions.filter(Boolean) };
  }

  show(cases) {
    this.panel.hidden = cases.length === 0;
    this.panel.disabled = this.panel.hidden;
    this.panel.querySelector("ul").replaceChildren(...cases.map(line));
  }
}

function line(other) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.className = "number";
  link.href = `/window/${other.caseNo}`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = other.caseNo;
  const state = document.createElement("span");
  state.className = `state state-${other.status}`;
  state.textContent = other.statusLabel;
  const ended = other.closedAt ? `，${other.closedAt.slice(0, 10)}办完` : "";
  item.append(link, " ", state, ` ${other.itemName} · ${other.regionName} · ${other.registeredAt.slice(0, 10)}登记${ended}`);
  return item;
}
