// Where a matter is handled: one place, or several for joint handling; each with the network that would carry it.

import { post } from "./api.js";
import { combobox, lookRegions } from "./combobox.js";

const LEGS = { PICKUP: "上门取件", FORWARD: "材料寄往办理地", BACK: "结果寄回大厅", DELIVERY: "送上门" };
export const SCHEMES = { chuanyu: "川渝通办", southwest: "跨西南五省通办", interprovincial: "跨省通办", quanyu: "全渝通办" };

export class Places {
  /** @param {HTMLElement} holder @param form the whole form @param {HTMLButtonElement} more */
  constructor(holder, form, more) {
    this.holder = holder;
    this.form = form;
    this.more = more;
    this.item = null;
    this.count = 0;
    more.addEventListener("click", () => this.add().querySelector("input").focus());
    this.add();
  }

  /** Another item: the routes have to be asked anew. */
  take(item) {
    this.item = item;
    const roles = item?.roles?.length ?? 0;
    this.more.hidden = item?.mode !== "多地联办" || roles > 0;
    for (const row of [...this.holder.children].slice(1)) {
      row.remove();
    }
    this.count = 1;
    for (const row of this.holder.children) {
      this.offerRoles(row);
      this.ask(row);
    }
    while (this.count < roles) {
      this.add();
    }
  }

  add() {
    const place = this.count++;
    const row = document.createElement("div");
    row.className = "place";
    row.innerHTML = `
      <div class="field combo">
        <label for="place-${place}">办理地</label>
        <input id="place-${place}" role="combobox" aria-expanded="false" aria-autocomplete="list"
               aria-controls="place-list-${place}" autocomplete="off" maxlength="40" required data-missing="请从列表中选择办理地">
        <ul id="place-list-${place}" role="listbox" aria-label="办理地" hidden></ul>
        <input type="hidden" name="handlings.${place}.region">
      </div>
      <p class="field" hidden><label for="role-${place}">角色</label>
      <select id="role-${place}" name="handlings.${place}.role" disabled></select></p>
      <p class="route" aria-live="polite"></p>`;
    this.holder.append(row);
    combobox(row.querySelector("[role=combobox]"), lookRegions, () => this.ask(row));
    this.offerRoles(row);
    return row;
  }

  offerRoles(row) {
    const select = row.querySelector("select");
    const roles = this.item?.roles ?? [];
    select.disabled = roles.length === 0;
    select.parentElement.hidden = roles.length === 0;
    select.replaceChildren(...roles.map((role) => new Option(role, role)));
    select.selectedIndex = Math.min([...this.holder.children].indexOf(row), roles.length - 1);
  }

  async ask(row) {
    const told = row.querySelector(".route");
    const region = row.querySelector("input[type=hidden]").value;
    told.className = "route";
    told.textContent = "";
    if (!this.item || !region) {
      return;
    }
    const body = { itemCode: this.item.code, handlingRegion: region, applicant: this.applicant() };
    try {
      const route = await post("/api/v1/routes", body);
      const legs = route.legs.map((leg) => LEGS[leg]).join("、");
      told.textContent = `${SCHEMES[route.scheme]} · ${route.mode}${legs ? ` · ${legs}` : ""}。${route.reason}`;
      told.classList.add("good");
    } catch (problem) {
      told.textContent = problem.message;
      told.classList.add("bad");
    }
  }

  applicant() {
    const household = this.form.elements["applicant.householdRegion"].value;
    return { idType: this.form.elements["applicant.idType"].value, householdRegion: household || null };
  }

  askAll() {
    for (const row of this.holder.children) {
      this.ask(row);
    }
  }
}
