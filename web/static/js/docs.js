// Swagger UI over our own description; no validator and no other host. What it draws without a name gets one from us.

import { DOCS } from "./words/docs.js";

const NAMES = [
  ["select[aria-label=''], select:not([aria-label]):not([id])", DOCS.media],
  [".opblock-tag-section button:not([aria-label]):empty", DOCS.schema],
];

const docs = document.querySelector("#docs");
const find = document.querySelector("#find-operation");
const found = document.querySelector("#found-operations");

const spec = await (await fetch("/openapi.json")).json();
for (const operation of Object.values(spec.paths).flatMap((path) => Object.values(path)).filter((one) => one.operationId)) {
  const said = operation.description?.split("\n")[0].replaceAll("`", "");
  operation.summary = [operation.summary, said].filter(Boolean).join(" · ");
  operation.tags ??= [DOCS.untagged];
}

// Above some 130 operations it stops drawing after the first few, so it draws a part of them at a time.
const AT_ONCE = 60;
const WITHOUT_HEAD = { wrapComponents: { InfoContainer: () => () => null } };

for (const paths of parts()) {
  const place = docs.appendChild(document.createElement("div"));
  window.SwaggerUIBundle({
    spec: { ...spec, paths },
    domNode: place,
    plugins: place.previousElementSibling ? [WITHOUT_HEAD] : [],
    validatorUrl: null,
    deepLinking: true,
    tryItOutEnabled: false,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
  });
}

/** The paths in parts of at most AT_ONCE operations, those of one tag together, in the order of the description. */
function parts() {
  const byTag = new Map();
  for (const [path, operations] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const paths = byTag.get(operation.tags[0]) ?? {};
      byTag.set(operation.tags[0], paths);
      (paths[path] ??= {})[method] = operation;
    }
  }
  const made = [];
  let drawn = AT_ONCE;
  for (const paths of byTag.values()) {
    const count = Object.values(paths).flatMap(Object.keys).length;
    if (drawn + count > AT_ONCE) {
      made.push({});
      drawn = 0;
    }
    for (const [path, operations] of Object.entries(paths)) {
      Object.assign((made.at(-1)[path] ??= {}), operations);
    }
    drawn += count;
  }
  return made;
}

find.addEventListener("input", narrow);

/** Only operations whose path or sentence has every word that is typed. */
function narrow() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const one of docs.querySelectorAll(".opblock")) {
    const said = `${one.querySelector(".opblock-summary").textContent} ${one.closest(".opblock-tag-section").dataset.tag ?? ""}`.toLowerCase();
    one.hidden = !words.every((word) => said.includes(word));
    count += one.hidden ? 0 : 1;
  }
  for (const section of docs.querySelectorAll(".opblock-tag-section")) {
    section.hidden = words.length > 0 && section.querySelector(".opblock:not([hidden])") === null;
  }
  found.textContent = words.length > 0 ? DOCS.found(count) : "";
}

new MutationObserver(() => {
  for (const [selector, name] of NAMES) {
    for (const nameless of docs.querySelectorAll(selector)) {
      nameless.setAttribute("aria-label", name);
    }
  }
  for (const link of docs.querySelectorAll("button a[href]")) {
    link.removeAttribute("href"); // the button around it opens the same, and two in one are none for a screen reader
  }
  for (const text of docs.querySelectorAll("pre.microlight:not([tabindex])")) {
    text.tabIndex = 0; // it scrolls, so the keyboard must reach it
  }
}).observe(docs, { childList: true, subtree: true });
