// A session that ends in the middle of a form: told two minutes before, and renewed here, so that nothing is lost.
// Where it ends because nobody was seen, one press says that somebody is there; after ten hours the password is asked for.
// The server says when; this machine's clock only counts the seconds until then.

import { get, post } from "./api.js";
import { SESSION } from "./words/session.js";

const BEFORE_MS = 120000;
const ASK_MS = 60000;
const ELSEWHERE_MS = 2000; // while somebody goes on with the login in another tab
const STALE_MS = 5000; // within the last minutes: another tab may have been used, or this very form

export class SessionWatch {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.said = dialog.querySelector("#session-said");
    this.fault = dialog.querySelector("#session-fault");
    this.password = dialog.querySelector("#session-password");
    this.leave = dialog.querySelector("[data-close]");
    this.further = dialog.querySelector("#session-further");
    this.proof = [this.password.closest(".field"), dialog.querySelector(".main")];
    this.waiting = [];
    this.idle = false;
    this.asked = 0;
    this.dismissed = false;
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.renew();
    });
    this.leave.addEventListener("click", (event) => {
      event.stopPropagation();
      this.close();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    this.dialog.addEventListener("click", (event) => event.target.closest("a") && this.elsewhere());
    this.ask();
    setInterval(() => this.ask(), ASK_MS);
    setInterval(() => this.count(), 1000);
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  ask() {
    return this.hear(get("/api/v1/session"));
  }

  /** What the server says of the session; 401: it is over. */
  async hear(answer) {
    this.asked = performance.now();
    try {
      const session = await answer;
      this.user = session.username;
      this.ends = performance.now() + (Date.parse(session.expiresAt) - Date.parse(session.serverTime));
      this.idle = Date.parse(session.expiresAt) < Date.parse(session.latestAt);
      if (this.left > BEFORE_MS) {
        this.goOn();
      } else {
        this.count();
      }
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
      if (performance.now() - this.asked > STALE_MS) {
        this.ask();
        return;
      }
      const seconds = Math.floor(this.left / 1000);
      this.tell((this.idle ? SESSION.idle : SESSION.soon)(Math.floor(seconds / 60), seconds % 60));
      if (!this.dismissed) {
        this.open();
      }
    }
  }

  /** There is time again: nothing to be asked any more. */
  goOn() {
    this.dismissed = false;
    this.further.hidden = true;
    if (this.dialog.open) {
      this.dialog.close();
      this.before?.focus();
    }
    for (const resolve of this.waiting.splice(0)) {
      resolve();
    }
  }

  /** The login goes on in another tab; once it is through, so does this page. */
  elsewhere() {
    clearInterval(this.looking);
    this.looking = setInterval(() => {
      if (this.left > 0) {
        clearInterval(this.looking);
      } else {
        this.ask();
      }
    }, ELSEWHERE_MS);
  }

  /** Nothing can be saved until somebody logs in again; resolves then. */
  wanted() {
    this.over();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  over() {
    this.ends = -1;
    this.idle = false;
    this.dismissed = false;
    this.tell(this.further.hidden ? SESSION.over : SESSION.further);
    this.leave.hidden = true;
    this.open();
  }

  tell(words) {
    if (this.said.textContent !== words) {
      this.said.textContent = words;
    }
  }

  open() {
    const asks = !this.idle;
    const turned = this.proof[0].hidden === asks;
    for (const part of this.proof) {
      part.hidden = !asks;
    }
    this.leave.textContent = asks ? SESSION.finish : SESSION.here;
    if (!this.dialog.open) {
      this.before = document.activeElement;
      this.dialog.showModal();
    } else if (!turned) {
      return;
    }
    (asks ? this.password : this.leave).focus();
  }

  /** Who is there says so, and it goes on; before the very end somebody may finish first, which is not asked twice. */
  close() {
    if (this.left > 0 && this.idle) {
      this.hear(post("/api/v1/session", {}));
    } else if (this.left > 0) {
      this.dismissed = true;
      this.dialog.close();
      this.before?.focus();
    }
  }

  async renew() {
    this.fault.hidden = true;
    try {
      const username = this.user ?? this.dialog.dataset.user;
      const { stage } = await post("/api/v1/login", { username, password: this.password.value });
      this.password.value = "";
      this.further.hidden = stage === "OPEN";
      if (stage !== "OPEN") {
        this.tell(SESSION.further);
        this.further.querySelector("a").focus();
        return;
      }
      this.dismissed = false;
      this.leave.hidden = false;
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
