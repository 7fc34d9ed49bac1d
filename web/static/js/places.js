// Where a matter is handled: one place, or several for joint handling; each with the network that would carry it.
// The rows come from the server; a further one is made like the first.

import { post } from "./api.js";
import { combobox, lookRegions } from "./combobox.js";
import { JOINT, LEGS, PLACE } from "./words/newcase.js";

const MOST = 6;

export class Places {
  /** @param {HTMLElement} holder @param form the whole form @param {HTMLButtonElement} more @param chosen (box) */
  constructor(holder, form, more, chosen) {
    this.holder = holder;
    this.form = form;
    this.more = more;
    this.chosen = chosen;
    this.item = null;
    more.addEventListener("click", () => this.add().querySelector("input").focus());
    for (const row of holder.children) {
      this.ready(row);
    }
  }

  /** Another item: the routes have to be asked anew. `kept`: rows and roles are right already. */
  take(item, kept = false) {
    this.item = item;
    const roles = item?.roles?.length ?? 0;
    this.more.hidden = item?.mode !== JOINT || roles > 0;
    if (!kept) {
      for (const row of [...this.holder.children].slice(1)) {
        row.remove();
      }
    }
    while (this.holder.children.length < roles) {
      this.add();
    }
    for (const row of this.holder.children) {
      if (!kept) {
        this.offerRoles(row);
      }
      this.ask(row);
    }
  }

  /** A place that was chosen before, where none is chosen yet. */
  offer(code, title) {
    const row = this.holder.children[0];
    const hidden = row.querySelector("input[type=hidden]");
    if (!hidden.value) {
      row.querySelector("[role=combobox]").value = title;
      hidden.value = code;
      this.ask(row);
    }
  }

  add() {
    const place = this.holder.children.length;
    const row = this.holder.children[0].cloneNode(true);
    for (const part of row.querySelectorAll("[id], [for], [name], [aria-controls], [data-field]")) {
      for (const name of ["id", "for", "name", "aria-controls", "data-field"]) {
        const value = part.getAttribute(name);
        if (value) {
          part.setAttribute(name, value.replace(/-0\b/, `-${place}`).replace("handlings.0.", `handlings.${place}.`));
        }
      }
    }
    for (const input of row.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("aria-invalid");
    }
    row.querySelectorAll(".fault").forEach((note) => note.remove());
    row.querySelector(".route").textContent = "";
    this.holder.append(row);
    this.ready(row);
    this.offerRoles(row);
    this.more.hidden ||= this.holder.children.length >= MOST;
    return row;
  }

  ready(row) {
    const box = row.querySelector("[role=combobox]");
    combobox(box, lookRegions, (choice) => {
      this.ask(row);
      if (choice) {
        this.chosen(box, choice);
      }
    });
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
    if (!this.item || !region) {
      told.className = "route";
      told.textContent = "";
      return;
    }
    const body = { itemCode: this.item.code, handlingRegion: region, applicant: this.applicant() };
    try {
      const route = await post("/api/v1/routes", body);
      told.textContent = PLACE.route(route, route.legs.map((leg) => LEGS[leg]).join(PLACE.between));
      told.className = "route good";
    } catch (problem) {
      told.textContent = problem.message;
      told.className = "route bad";
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
