// The form that binds a new security key, in the account's page and in the middle of a login.

import { post } from "./api.js";
import { knowsKeys, madeFor } from "./passkeys.js";
import { FACTORS } from "./words/factors.js";

const ALREADY = "InvalidStateError";

/** Shows the form where keys can be used; `gained` gets what the server answers. */
export function offerNewKey(form, gained) {
  if (!form || !knowsKeys()) {
    return;
  }
  const said = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = FACTORS.waiting;
    try {
      const name = form.elements.name.value;
      const { publicKey } = await post("/api/v1/account/factors/keys:ask", { name });
      const credential = await madeFor(publicKey);
      gained(await post("/api/v1/account/factors/keys", { name, credential }));
      said.textContent = "";
    } catch (problem) {
      said.textContent = failed(problem);
    } finally {
      button.disabled = false;
    }
  });
}

/** What went wrong, for people: ours in the server's words, the browser's in one of our own. */
export function failed(problem) {
  if (problem instanceof DOMException) {
    return problem.name === ALREADY ? FACTORS.known : FACTORS.noKey;
  }
  return problem.said ?? problem.message;
}
