// Papers page by page beside the decision: PDF, OFD and pictures, all drawn by the server, each page turned, rotated and
// enlarged here; two papers side by side. Pages are drawn on a canvas, so that a rotated one takes the room that it needs.

import { get } from "./api.js";
import { VIEWER } from "./words/officer.js";

const WIDTH_PX = 1200;
const FINE_PX = 2000;
const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3];

const holder = document.getElementById("papers");
const panes = document.getElementById("panes");
const caseNo = holder.dataset.case;

class Pane {
  #page = 1;
  #pages = 1;
  #turned = 0;
  #zoom = 2;
  #asked = 0;

  constructor(name, sha256) {
    this.name = name;
    this.path = `/api/v1/documents/${sha256}/pages`;
    this.root = element("section", "pane");
    this.root.tabIndex = 0;
    this.root.setAttribute("aria-label", name);
    this.told = element("p", "pane-told", VIEWER.loading);
    this.told.setAttribute("role", "status");
    this.count = element("span", "pane-count");
    this.canvas = element("canvas", "");
    this.canvas.setAttribute("role", "img");
    this.canvas.hidden = true;
    this.stage = element("div", "pane-stage");
    this.stage.tabIndex = 0;
    this.stage.append(this.told, this.canvas);
    this.root.append(this.#tools(), this.stage);
    this.root.addEventListener("keydown", (event) => this.#key(event));
  }

  async start() {
    try {
      const { pages, note } = await get(`${this.path}?caseNo=${caseNo}`);
      this.#pages = pages;
      this.note = note;
      await this.#show();
    } catch (problem) {
      this.#say(problem.message);
    }
  }

  #tools() {
    const tools = element("p", "pane-tools");
    const act = (words, sign, does) => {
      const button = element("button", "", sign);
      button.type = "button";
      button.title = words;
      button.setAttribute("aria-label", words);
      button.addEventListener("click", does);
      return button;
    };
    this.before = act(VIEWER.before, "‹", () => this.#turn(-1));
    this.after = act(VIEWER.after, "›", () => this.#turn(1));
    tools.append(
      element("strong", "", this.name),
      this.before,
      this.count,
      this.after,
      act(VIEWER.rotate, "⟳", () => this.#rotate()),
      act(VIEWER.smaller, "−", () => this.#scale(-1)),
      act(VIEWER.larger, "＋", () => this.#scale(1)),
      act(VIEWER.close, "✕", () => this.root.remove()),
    );
    return tools;
  }

  #key(event) {
    const acts = {
      ArrowLeft: () => this.#turn(-1),
      ArrowRight: () => this.#turn(1),
      PageUp: () => this.#turn(-1),
      PageDown: () => this.#turn(1),
      "+": () => this.#scale(1),
      "-": () => this.#scale(-1),
      r: () => this.#rotate(),
    };
    if (acts[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      acts[event.key]();
    }
  }

  #turn(step) {
    const page = Math.min(Math.max(this.#page + step, 1), this.#pages);
    if (page !== this.#page) {
      this.#page = page;
      this.#show();
    }
  }

  #rotate() {
    this.#turned = (this.#turned + 90) % 360;
    this.#draw();
  }

  #scale(step) {
    const fine = this.#fine;
    this.#zoom = Math.min(Math.max(this.#zoom + step, 0), ZOOMS.length - 1);
    if (this.#fine === fine) {
      this.#draw();
    } else {
      this.#show();
    }
  }

  get #fine() {
    return ZOOMS[this.#zoom] > 1.5;
  }

  /** The picture of the page; what was asked for before counts no more. */
  async #show() {
    const asked = (this.#asked += 1);
    const picture = new Image();
    picture.src = `${this.path}/${this.#page}?caseNo=${caseNo}&width=${this.#fine ? FINE_PX : WIDTH_PX}`;
    this.count.textContent = `${this.#page} / ${this.#pages}`;
    this.before.disabled = this.#page === 1;
    this.after.disabled = this.#page === this.#pages;
    try {
      await picture.decode();
    } catch {
      if (asked === this.#asked) {
        this.#say(VIEWER.broken);
      }
      return;
    }
    if (asked === this.#asked) {
      this.picture = picture;
      this.#draw();
    }
  }

  #draw() {
    if (!this.picture) {
      return;
    }
    const { naturalWidth: width, naturalHeight: height } = this.picture;
    const lies = this.#turned % 180 !== 0;
    this.canvas.width = lies ? height : width;
    this.canvas.height = lies ? width : height;
    const pen = this.canvas.getContext("2d");
    pen.translate(this.canvas.width / 2, this.canvas.height / 2);
    pen.rotate((this.#turned * Math.PI) / 180);
    pen.drawImage(this.picture, -width / 2, -height / 2, width, height);
    this.canvas.style.width = `${100 * ZOOMS[this.#zoom]}%`;
    this.canvas.setAttribute("aria-label", VIEWER.label(this.name, this.#page, this.#pages));
    this.canvas.dataset.page = String(this.#page);
    this.canvas.dataset.turned = String(this.#turned);
    this.canvas.hidden = false;
    this.#say(this.note);
  }

  #say(words) {
    this.told.textContent = words;
    this.told.hidden = !words;
  }
}

function element(tag, kind, words = "") {
  const made = document.createElement(tag);
  made.className = kind;
  made.textContent = words;
  return made;
}

function look(id, beside) {
  const { sha, name } = holder.querySelector(`[data-paper="${id}"]`).dataset;
  const pane = new Pane(name, sha);
  if (!beside) {
    panes.replaceChildren(pane.root);
  } else {
    while (panes.children.length > 1) {
      panes.lastElementChild.remove();
    }
    panes.append(pane.root);
  }
  pane.start();
}

holder.addEventListener("click", ({ target }) => {
  if (target.dataset.view) {
    look(target.dataset.view, false);
  } else if (target.dataset.beside) {
    look(target.dataset.beside, true);
  }
});

const first = holder.querySelector("[data-view]");
if (first) {
  look(first.dataset.view, false);
}
