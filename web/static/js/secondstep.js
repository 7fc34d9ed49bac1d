// The second step of a login by a security key; codes need no script.

import { post } from "./api.js";
import { failed, offerNewKey } from "./newkey.js";
import { knowsKeys, signedFor } from "./passkeys.js";
import { showCodes } from "./recoverycodes.js";
import { FACTORS } from "./words/factors.js";

const STEP = "/login/second";
const on = document.getElementById("second").dataset.on;
const useKey = document.getElementById("use-key");

/** A login may have one more step; the server leads there. */
function further(stage) {
  return stage === "OPEN" ? on : "/";
}

if (useKey && knowsKeys()) {
  const said = document.getElementById("use-key-said");
  const button = useKey.querySelector("button");
  useKey.hidden = false;
  useKey.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = FACTORS.waiting;
    try {
      const { publicKey } = await post(`/api/v1${STEP}/key:ask`, { kind: "key" });
      const { stage } = await post(`/api/v1${STEP}/key`, { credential: await signedFor(publicKey) });
      location.assign(further(stage));
    } catch (problem) {
      said.textContent = failed(problem);
      button.disabled = false;
    }
  });
}

offerNewKey(document.getElementById("new-key"), (gained) => {
  for (const panel of document.querySelectorAll("#second > :is(form, div).panel:not(#codes)")) {
    panel.hidden = true;
  }
  showCodes(document.getElementById("codes"), gained.recoveryCodes, further(gained.stage));
});
