// How the applicant brings what the item asks for. The rows come from the server; here they follow what is chosen.

import "./uploads.js";

export class Materials {
  /** @param {HTMLElement} holder @param settled () called when everything was said to be there */
  constructor(holder, settled) {
    this.holder = holder;
    this.settled = settled;
    holder.addEventListener("change", (event) => event.target.matches(".material > select") && this.follow());
    holder.addEventListener("click", (event) => event.target.closest("#all-there") && this.all());
    this.follow();
  }

  /** The rows of an item in a situation; what was said of a material before stays. */
  async show(code, situation = "") {
    if (!code) {
      this.holder.replaceChildren();
      return;
    }
    const asked = `/window/materials/${encodeURIComponent(code)}?situation=${encodeURIComponent(situation)}`;
    this.asked = asked;
    const answer = await fetch(asked);
    if (!answer.ok || answer.redirected || this.asked !== asked) {
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const before = new Map(this.rows.map((row) => [row.querySelector("label").textContent, row]));
    this.holder.replaceChildren(...page.body.childNodes);
    for (const row of this.rows) {
      const same = before.get(row.querySelector("label").textContent);
      if (same) {
        row.replaceWith(same); // with its file
      }
    }
    this.follow();
  }

  get rows() {
    return [...this.holder.querySelectorAll(".material")];
  }

  /** Everything that is needed is there, in the usual way (全部齐全); what was said already stays. */
  all() {
    for (const row of this.rows) {
      const how = row.querySelector("select");
      if (!how.value && how.dataset.usual) {
        how.value = how.dataset.usual;
        how.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    this.settled();
  }

  /** What is left out takes no place: a refusal names the place in what was sent. */
  follow() {
    let place = 0;
    for (const row of this.rows) {
      const taken = row.querySelector("select").value !== "";
      const prefix = taken ? `materials.${place}` : "materials.none";
      for (const [part, field] of Object.entries(parts(row))) {
        field.name = part === "file" ? prefix : `${prefix}.${part}`;
        if (["count", "pages", "seq"].includes(part)) {
          field.disabled = !taken;
        }
      }
      for (const field of row.querySelectorAll("[data-member]")) {
        field.name = `${prefix}.${field.dataset.member}`; // what an electronic licence asks for
      }
      place += taken ? 1 : 0;
    }
  }
}

function parts(row) {
  const fields = ["select", "input.count", "input.pages", "input.seq"].map((each) => row.querySelector(each));
  const [provided, count, pages, seq] = fields;
  return { provided, count, pages, seq, file: row.querySelector("upload-field") };
}
