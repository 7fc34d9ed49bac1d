// The check panel (检查板): what the server would say of the case as it stands, asked while it is typed.

import { post } from "./api.js";
import { placeOf } from "./faults.js";
import { valuesOf } from "./values.js";
import { CHECK } from "./words/newcase.js";

const PAUSE_MS = 300;
const MOST = 5;

export class CheckPanel {
  /** @param {HTMLElement} panel @param {HTMLFormElement} form @param found (answer) what else wants to know */
  constructor(panel, form, found) {
    this.panel = panel;
    this.form = form;
    this.found = found;
    this.verdict = panel.querySelector("#verdict");
    this.answer = null;
    form.addEventListener("input", () => this.soon());
    form.addEventListener("change", () => this.soon());
    this.soon();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  /** The answer about the case as it stands now; null where there is none, or a newer question was asked. */
  async ask() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const answer = await post("/api/v1/cases:check", this.body(), "", { signal: this.asking.signal });
      this.show(answer);
      return answer;
    } catch (problem) {
      if (problem.name !== "AbortError") {
        this.verdict.textContent = CHECK.away;
      }
      return null;
    }
  }

  /** As it would be sent; a form that the page asks for counts as one that is empty. */
  body() {
    const body = valuesOf(this.form);
    if (this.form.querySelector("#item-form [required]:not(:disabled)")) {
      body.form ??= { answers: {} };
    }
    return body;
  }

  show(answer) {
    this.answer = answer;
    let lacks = 0;
    let wrong = 0;
    for (const section of answer.sections) {
      this.line(section);
      lacks += section.faults.filter((fault) => fault.lacks).length;
      wrong += section.faults.filter((fault) => !fault.lacks).length;
    }
    this.panel.querySelector("#check-result").textContent = answer.result;
    this.panel.querySelector("#check-fee").textContent = answer.fee;
    this.panel.dataset.ready = String(answer.ready);
    this.verdict.textContent = wrong ? CHECK.wrong(wrong) : lacks ? CHECK.lacks(lacks) : answer.ready ? CHECK.ready : "";
    this.found(answer);
  }

  line(section) {
    const line = this.panel.querySelector(`[data-section="${section.section}"]`);
    line.dataset.state = section.state;
    line.querySelector(".said").textContent = section.said || CHECK.states[section.state];
    const told = section.faults.filter((fault) => fault.field !== "materials"); // those stand in the sentence
    line.querySelector("ul").replaceChildren(...told.slice(0, MOST).map((fault) => this.fault(fault)));
  }

  fault(fault) {
    const item = document.createElement("li");
    const place = this.placeOf(fault);
    if (!place) {
      item.textContent = fault.detail;
      return item;
    }
    const link = document.createElement("a");
    place.id ||= `field-${fault.field.replaceAll(".", "-")}`;
    link.href = `#${place.id}`;
    link.textContent = fault.detail;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      place.focus();
    });
    item.append(link);
    return item;
  }

  /** The field to go to: of a material its row, else by its name. */
  placeOf(fault) {
    if (fault.seq !== null) {
      const row = this.form.querySelector(`.material[data-seq="${fault.seq}"]`);
      const untouched = [...this.form.querySelectorAll(".material > select")].every((how) => !how.value);
      return untouched ? this.form.querySelector("#all-there") : row?.querySelector("select");
    }
    return fault.field ? placeOf(this.form, fault.field) : null;
  }

  /** Goes to the first thing that lacks or is wrong; to the button where nothing does. */
  async next() {
    const here = document.activeElement;
    const answer = (await this.ask()) ?? this.answer;
    const faults = answer ? answer.sections.flatMap((section) => section.faults) : [];
    const place = faults.map((fault) => this.placeOf(fault)).find((each) => each && !each.matches(":disabled"));
    if (document.activeElement === here) {
      (place ?? this.panel.querySelector("button.main")).focus(); // else somebody has gone on by himself
    }
  }
}
