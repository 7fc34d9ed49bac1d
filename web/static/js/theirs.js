// Somebody else was first: both values side by side, nothing overwritten; what was typed stays in the form.

import { clearFaults } from "./faults.js";
import { THEIRS } from "./words/theirs.js";

const DAY_AND_TIME = { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" };
const CLOCK = new Intl.DateTimeFormat("zh-CN", { ...DAY_AND_TIME, timeZone: "Asia/Shanghai" }); // the hall's, not this PC's

export function showTheirs(form, problem) {
  clearFaults(form);
  const { by, at, what, why } = problem.theirs;
  const box = made("div", "", "summary theirs");
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  const facts = made("dl", "", "facts");
  const when = at ? CLOCK.format(new Date(at)) : "";
  facts.append(made("dt", THEIRS.theirs(by, when)), made("dd", why ? `${what}：${why}` : what));
  facts.append(made("dt", THEIRS.mine), made("dd", mineOf(form)));
  const renew = made("button", THEIRS.renew);
  renew.type = "button";
  renew.addEventListener("click", () => location.reload());
  box.append(made("h3", THEIRS.title), made("p", problem.message), facts, renew);
  form.prepend(box);
  box.focus();
}

/** What a person has filled in, as the labels call it. */
function mineOf(form) {
  const filled = [...form.elements].filter((field) => field.labels?.length && field.type !== "file" && used(field));
  const said = filled.map((field) => `${field.labels[0].textContent.trim()}：${valueOf(field)}`);
  return said.join("；") || THEIRS.none;
}

function used(field) {
  return field.type === "checkbox" || field.type === "radio" ? field.checked : field.value !== "";
}

function valueOf(field) {
  if (field.tagName === "SELECT") {
    return field.selectedOptions[0]?.textContent.trim() ?? "";
  }
  return field.type === "checkbox" ? "✓" : field.value;
}

function made(name, text, kind = "") {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = kind;
  return element;
}
