// 读卡: the identity card on this window's reader, through our own server, into the applicant's fields with one key.

import { get } from "./api.js";
import { READER } from "./words/newcase.js";

export class Reader {
  /** @param {HTMLFormElement} form @param read () called when the fields are filled */
  constructor(form, read) {
    this.form = form;
    this.read = read;
    this.button = document.getElementById("read-card");
    this.said = document.getElementById("card-said");
    this.address = "";
    this.button?.addEventListener("click", () => this.take());
    form.addEventListener("opened", () => this.fillAddress());
  }

  get there() {
    return this.button !== null;
  }

  async take() {
    if (!this.there || this.busy) {
      return;
    }
    this.busy = true;
    this.said.textContent = READER.reading;
    try {
      const card = await get("/api/v1/reader");
      this.fill(card);
      this.said.textContent = READER.read(card.name);
      this.read(card);
    } catch (problem) {
      this.said.textContent = problem.message;
    } finally {
      this.busy = false;
    }
  }

  fill(card) {
    const { elements } = this.form;
    if (elements["applicant.type"].value !== "personal") {
      elements["applicant.type"].value = "personal";
      elements["applicant.type"].dispatchEvent(new Event("change", { bubbles: true }));
    }
    const values = {
      "applicant.name": card.name,
      "applicant.idType": card.idType,
      "applicant.idNumber": card.idNumber,
      "form.answers.applicantBirthDate": card.birthDate,
    };
    for (const [name, value] of Object.entries(values)) {
      if (elements[name] && value) {
        elements[name].value = value;
      }
    }
    this.address = card.address;
    this.fillAddress();
    elements["applicant.idNumber"].dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Where an address is asked and none stands yet, now or when that part is opened later. */
  fillAddress() {
    for (const field of this.form.querySelectorAll("[data-card=address]")) {
      if (!field.matches(":disabled")) {
        field.value ||= this.address;
      }
    }
  }
}
