// The file of a material, uploaded while the form is filled in: dragged here, chosen, or taken with a phone's camera.
// Several pictures become one PDF on the server, a page each. What is sent with the form is the name of the file.
//   <upload-field class="upload field" data-name="materials.0" data-what="居民户口簿" data-how="id" data-pages="id">
//   data-how     the select that says how the material is brought; without one the file may always come
//   data-may     the values of that select, with blanks between, with which a file may come, and none must
//   data-pages   the field of its pages, which is filled in from the file where that is known

import { post, upload } from "./api.js";
import { UPLOADS } from "./words/uploads.js";

const MAX_BYTES = 20 * 1024 * 1024;
const MUST = ["electronic"];
const MAY = ["original", "copy"];
const TYPES = ".pdf,.ofd,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png";
let made = 0;

class UploadField extends HTMLElement {
  #files = [];
  #work = Promise.resolve();
  #waiting = 0;
  #built = false;

  connectedCallback() {
    if (this.#built) {
      return;
    }
    this.#built = true;
    this.#build();
    this.#listen();
    if (this.dataset.held) {
      this.#files.push({ sha256: this.dataset.held, label: UPLOADS.held }); // of a draft
      this.sha256.value = this.dataset.held;
      this.#show();
    }
    this.follow();
  }

  /** The prefix of its fields' names, as of the other fields of its material. */
  set name(prefix) {
    this.dataset.name = prefix;
    if (this.#built) {
      this.sha256.name = `${prefix}.sha256`;
      this.chooser.name = `${prefix}.file`;
    }
  }

  /** As the material is brought now. */
  follow() {
    const how = this.how ? this.how.value : MAY[0];
    const may = this.dataset.may?.split(" ");
    const used = may ? may.includes(how) : MUST.includes(how) || MAY.includes(how);
    this.hidden = !used;
    for (const field of [this.chooser, this.camera, this.sha256]) {
      field.disabled = !used;
    }
    this.#judge();
  }

  get how() {
    return document.getElementById(this.dataset.how);
  }

  #build() {
    const id = `upload-${(made += 1)}`;
    this.chooser = input({ type: "file", id, accept: TYPES, multiple: true });
    this.camera = input({ type: "file", id: `${id}-camera`, accept: "image/jpeg,image/png" });
    this.camera.setAttribute("capture", "environment");
    this.sha256 = input({ type: "hidden" });
    this.list = document.createElement("ol");
    this.list.className = "files";
    this.note = document.createElement("p");
    this.note.className = "quiet";
    this.note.setAttribute("role", "status");
    const take = label(this.camera, UPLOADS.camera);
    take.className = "button";
    const camera = line(this.camera, take);
    camera.className = "camera";
    const choose = label(this.chooser, UPLOADS.choose);
    choose.className = "button";
    this.chooser.setAttribute("aria-label", UPLOADS.of(this.dataset.what));
    const drop = line(this.chooser, choose, " ", text("span", UPLOADS.of(this.dataset.what)));
    const hint = line(text("small", UPLOADS.hint));
    this.append(drop, camera, hint, this.list, this.note, this.sha256);
    this.name = this.dataset.name;
  }

  #listen() {
    for (const chosen of [this.chooser, this.camera]) {
      chosen.addEventListener("change", () => {
        this.#take([...chosen.files]);
        chosen.value = ""; // the same file may be chosen again
      });
    }
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.classList.add("over");
    });
    this.addEventListener("dragleave", () => this.classList.remove("over"));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.classList.remove("over");
      this.#take([...event.dataTransfer.files]);
    });
    this.how?.addEventListener("change", () => this.follow());
  }

  #take(files) {
    this.#say("");
    for (const file of files) {
      this.#later(() => this.#send(file));
    }
    this.#later(() => this.#settle());
  }

  /** One after another, in the order in which they were chosen: that is the order of the pages. */
  #later(step) {
    this.#waiting += 1;
    this.#judge();
    this.#work = this.#work.then(step).catch((problem) => this.#say(problem.message, true)).finally(() => {
      this.#waiting -= 1;
      this.#judge();
    });
  }

  async #send(file) {
    if (file.size > MAX_BYTES) {
      throw new Error(UPLOADS.large(file.name));
    }
    this.#told(UPLOADS.going(file.name));
    try {
      const kept = await upload("/api/v1/documents", file);
      this.#files.push({ ...kept, label: file.name });
      this.#told("");
    } catch (problem) {
      throw new Error(UPLOADS.failed(file.name, problem.message));
    }
  }

  /** What the files come to: one as it is, pictures as one PDF. */
  async #settle() {
    this.sha256.value = "";
    this.#show();
    if (this.#files.length === 0) {
      return;
    }
    let whole = this.#files[0];
    if (this.#files.length > 1) {
      if (!this.#files.every((file) => file.mediaType.startsWith("image/"))) {
        throw new Error(UPLOADS.one);
      }
      this.#told(UPLOADS.joining);
      whole = await post("/api/v1/documents:join", { pages: this.#files.map((file) => file.sha256) });
      this.#told(UPLOADS.joined(whole.pages));
    }
    this.sha256.value = whole.sha256;
    const pages = document.getElementById(this.dataset.pages);
    if (pages && whole.pages) {
      pages.value = String(whole.pages);
    }
    this.#show(whole);
  }

  #show(whole) {
    this.toggleAttribute("data-held", this.#files.length > 0);
    const rows = this.#files.map((file, place) => {
      const row = document.createElement("li");
      const away = text("button", UPLOADS.away);
      away.type = "button";
      away.className = "plain";
      away.setAttribute("aria-label", UPLOADS.awayOf(file.label));
      away.addEventListener("click", () => {
        this.#files.splice(place, 1);
        this.#later(() => this.#settle());
      });
      row.append(look(file.sha256, file.label), " ", away);
      return row;
    });
    this.list.replaceChildren(...rows);
    if (whole && this.#files.length > 1) {
      const row = document.createElement("li");
      row.className = "whole";
      row.append(look(whole.sha256, UPLOADS.whole));
      this.list.append(row);
    }
  }

  /** How it goes; a fault stays to be read. */
  #told(words) {
    if (!this.note.classList.contains("fault")) {
      this.#say(words);
    }
  }

  #say(words, bad = false) {
    this.note.textContent = words;
    this.note.classList.toggle("fault", bad);
  }

  #judge() {
    const wanted = !this.hidden && !this.dataset.may && this.how && MUST.includes(this.how.value);
    let fault = "";
    if (this.#waiting > 0) {
      fault = UPLOADS.wait(this.dataset.what);
    } else if (!this.sha256.value && (wanted || this.#files.length > 0)) {
      fault = UPLOADS.missing(this.dataset.what);
    }
    this.chooser.setCustomValidity(fault);
  }
}

function input(members) {
  return Object.assign(document.createElement("input"), members);
}

function text(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

function label(field, words) {
  const made = text("label", words);
  made.htmlFor = field.id;
  return made;
}

function line(...parts) {
  const made = document.createElement("p");
  made.append(...parts);
  return made;
}

/** In a tab of its own, from our own address; the server says how much of it a browser may run: nothing. */
function look(sha256, words) {
  const link = text("a", words);
  link.href = `/api/v1/documents/${sha256}?view=true`;
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}

customElements.define("upload-field", UploadField);
