// Swagger UI over our own description; no validator and no other host. What it draws without a name gets one from us.

import { DOCS } from "./words/docs.js";

const NAMES = [
  ["select[aria-label=''], select:not([aria-label]):not([id])", DOCS.media],
  [".opblock-tag-section button:not([aria-label]):empty", DOCS.schema],
];

const docs = document.querySelector("#docs");

window.SwaggerUIBundle({
  url: "/openapi.json",
  domNode: docs,
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: false,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
});

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
