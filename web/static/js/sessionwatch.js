// A session that ends in the middle of a form: told two minutes before, and renewed here, so that nothing is lost.
// The server says when; this machine's clock only counts the seconds until then.

import { get, post } from "./api.js";
import { SESSION } from "./words/newcase.js";

const BEFORE_MS = 120000;
const ASK_MS = 60000;

export class SessionWatch {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.said = dialog.querySelector("#session-said");
    this.fault = dialog.querySelector("#session-fault");
    this.password = dialog.querySelector("#session-password");
    this.waiting = [];
    this.dismissed = false;
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.renew();
    });
    dialog.querySelector("[data-close]").addEventListener("click", (event) => {
      event.stopPropagation();
      this.close();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    this.ask();
    setInterval(() => this.ask(), ASK_MS);
    setInterval(() => this.count(), 1000);
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  async ask() {
    try {
      const session = await get("/api/v1/session");
      this.user = session.username;
      this.ends = performance.now() + (Date.parse(session.expiresAt) - Date.parse(session.serverTime));
      this.count();
    } catch (problem) {
      if (problem.status === 401) {
        this.over();
      }
    }
  }

  get left() {
    return this.ends === undefined ? Infinity : this.ends - performance.now();
  }

  count() {
    if (this.left <= 0) {
      this.over();
    } else if (this.left <= BEFORE_MS) {
      const seconds = Math.floor(this.left / 1000);
      this.tell(SESSION.soon(Math.floor(seconds / 60), seconds % 60));
      if (!this.dismissed) {
        this.open();
      }
    }
  }

  /** Nothing can be saved until somebody logs in again; resolves then. */
  wanted() {
    this.over();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  over() {
    this.ends = -1;
    this.dismissed = false;
    this.tell(SESSION.over);
    this.dialog.querySelector("[data-close]").hidden = true;
    this.open();
  }

  tell(words) {
    if (this.said.textContent !== words) {
      this.said.textContent = words;
    }
  }

  open() {
    if (!this.dialog.open) {
      this.before = document.activeElement;
      this.dialog.showModal();
      this.password.focus();
    }
  }

  /** Before the end somebody may finish first; it is not said twice. */
  close() {
    if (this.left > 0) {
      this.dismissed = true;
      this.dialog.close();
      this.before?.focus();
    }
  }

  async renew() {
    this.fault.hidden = true;
    try {
      const username = this.user ?? this.dialog.dataset.user;
      await post("/api/v1/login", { username, password: this.password.value });
      this.password.value = "";
      this.dismissed = false;
      this.dialog.querySelector("[data-close]").hidden = false;
      this.dialog.close();
      this.before?.focus();
      this.ends = undefined;
      await this.ask();
      for (const resolve of this.waiting.splice(0)) {
        resolve();
      }
    } catch (problem) {
      this.fault.textContent = problem.said ?? problem.message;
      this.fault.hidden = false;
      this.password.select();
    }
  }
}
