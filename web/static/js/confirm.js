// Questions before what can't be taken back, as the browser's own dialog: focus stays in it, Escape is "no".

import { CONFIRM } from "./words/parts.js";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-confirm]");
  if (opener) {
    document.getElementById(opener.dataset.confirm).showModal();
  } else if (event.target.closest("dialog [data-close]")) {
    event.target.closest("dialog").close();
  }
});

/** Whether a person says yes to a question; the safe answer has the focus. */
export function asked(question) {
  const dialog = document.createElement("dialog");
  const words = document.createElement("p");
  const choices = document.createElement("p");
  words.textContent = question;
  words.id = "asked";
  dialog.setAttribute("aria-labelledby", words.id);
  choices.className = "inline";
  choices.append(button(CONFIRM.no, "", dialog), button(CONFIRM.yes, "main", dialog));
  dialog.append(words, choices);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === CONFIRM.yes);
    });
  });
}

function button(words, kind, dialog) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = words;
  made.addEventListener("click", () => dialog.close(words));
  return made;
}
