// The draft of a new case: what is typed is on the server within two seconds, never on this machine.
// A colleague may take it over; then this page says so and saves no more.

import { asked } from "./confirm.js";
import { drop, freshKey, get, post, put } from "./api.js";
import { DRAFT } from "./words/newcase.js";

const PAUSE_MS = 800; // from the first key that is not saved yet, so that endless typing is saved, too
const RETRY_MS = 3000;
const LOOK_MS = 3000;

export class Draft {
  /** @param {HTMLFormElement} form @param {HTMLElement} note @param loginWanted () a promise: somebody logged in */
  constructor(form, note, loginWanted) {
    this.form = form;
    this.note = note;
    this.loginWanted = loginWanted;
    this.id = form.dataset.key;
    this.version = Number(form.dataset.version);
    this.page = freshKey();
    this.known = this.version > 0;
    this.over = false;
    this.saved = JSON.stringify(pairsOf(form));
    form.addEventListener("input", () => this.soon());
    form.addEventListener("change", () => this.soon());
    addEventListener("blur", () => this.now());
    addEventListener("pagehide", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden && this.now());
    this.looking = setInterval(() => this.look(), LOOK_MS);
  }

  soon() {
    if (!this.over) {
      this.timer ??= setTimeout(() => this.now(), PAUSE_MS);
    }
  }

  /** Saves what is not saved yet; one at a time, so that an older state never comes last. */
  now() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.work = (this.work ?? Promise.resolve()).then(() => this.save());
    return this.work;
  }

  async save() {
    const fields = pairsOf(this.form);
    const told = JSON.stringify(fields);
    if (this.over || told === this.saved) {
      return;
    }
    const body = { page: this.page, version: this.version, fields };
    try {
      const answer = await put(`/api/v1/drafts/${this.id}`, body, { keepalive: told.length < 30000 });
      this.version = answer.version;
      this.saved = told;
      this.say(DRAFT.saved(clock(answer.savedAt)));
      if (!this.known) {
        this.known = true;
        history.replaceState(null, "", `/window/new?draft=${this.id}`);
      }
    } catch (problem) {
      await this.refused(problem);
    }
  }

  async refused(problem) {
    if (problem.code === "DRAFT_TAKEN" || problem.code === "DRAFT_REGISTERED") {
      await this.look();
    } else if (problem.code === "DRAFT_ELSEWHERE") {
      this.end(DRAFT.elsewhere, DRAFT.here, () => location.reload());
    } else if (problem.status === 401) {
      await this.loginWanted();
      this.soon();
    } else {
      this.say(DRAFT.away);
      this.timer ??= setTimeout(() => this.now(), RETRY_MS);
    }
  }

  /** Who holds it now; asked all the time, because a colleague may take it. */
  async look() {
    if (!this.known || this.over) {
      return;
    }
    try {
      const state = await get(`/api/v1/drafts/${this.id}`);
      if (state.caseNo) {
        this.stop();
        location.replace(`/window/${state.caseNo}/done`);
      } else if (!state.mine) {
        this.end(DRAFT.taken(state.owner), DRAFT.back, () => takeDraft(this.id));
      }
    } catch (problem) {
      if (problem.status === 401) {
        await this.loginWanted();
      }
    }
  }

  /** Nothing is saved from this page any more. */
  stop() {
    this.over = true;
    clearTimeout(this.timer);
    clearInterval(this.looking);
  }

  resume() {
    this.over = false;
    this.looking = setInterval(() => this.look(), LOOK_MS);
    this.soon();
  }

  end(words, action, act) {
    this.stop();
    const bar = document.createElement("div");
    bar.className = "bad taken";
    bar.setAttribute("role", "alert");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action;
    button.addEventListener("click", act);
    bar.append(words, " ", button);
    this.form.prepend(bar);
    for (const part of this.form.querySelectorAll("fieldset, aside")) {
      part.inert = true;
    }
  }

  say(words) {
    this.note.textContent = words;
  }
}

/** (name, value) of each field as a form sends them; a material's by its number in the list, which does not move. */
export function pairsOf(form) {
  const pairs = [];
  for (const field of form.elements) {
    if (!field.name || field.matches(":disabled") || ["submit", "file", "password"].includes(field.type)) {
      continue;
    }
    const value = field.type === "checkbox" ? (field.checked ? field.value : "") : field.value;
    if (value !== "" && field.name !== "draft") {
      pairs.push([stable(field), value]);
    }
  }
  return pairs;
}

function stable(field) {
  const row = field.closest(".material");
  return row ? field.name.replace(/^materials[.]\w+/, `materials.s${row.dataset.seq}`) : field.name;
}

function clock(moment) {
  return new Date(moment).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
}

export async function takeDraft(id) {
  await post(`/api/v1/drafts/${id}/takeover`, {});
  location.assign(`/window/new?draft=${id}`);
}

document.addEventListener("click", async (event) => {
  const taken = event.target.closest("[data-take]");
  const dropped = event.target.closest("[data-drop]");
  if (taken) {
    await takeDraft(taken.dataset.take);
  } else if (dropped && (await asked(DRAFT.drop))) {
    await drop(`/api/v1/drafts/${dropped.dataset.drop}`);
    dropped.closest("li").remove();
  }
});
