// One's own second factors: bound, removed, and the recovery codes that come with the first.

import { drop, post } from "./api.js";
import { asked } from "./confirm.js";
import { failed, offerNewKey } from "./newkey.js";
import { showCodes } from "./recoverycodes.js";
import { FACTORS } from "./words/factors.js";

const HERE = "/account/factors";
const API = "/api/v1/account/factors";
const said = document.getElementById("said");

async function tried(work) {
  said.textContent = "";
  said.className = "";
  try {
    await work();
  } catch (problem) {
    said.className = "bad";
    said.textContent = failed(problem);
    said.scrollIntoView({ block: "nearest" });
  }
}

function gained({ recoveryCodes }) {
  if (recoveryCodes.length > 0) {
    showCodes(document.getElementById("codes"), recoveryCodes, HERE);
  } else {
    location.assign(HERE);
  }
}

document.getElementById("begin-app")?.addEventListener("click", () =>
  tried(async () => {
    await post(API, { kind: "app" });
    location.assign(HERE);
  }),
);

document.getElementById("confirm-app")?.addEventListener("submit", (event) => {
  event.preventDefault();
  tried(async () => gained(await post(`${API}/app/confirm`, { code: event.target.elements.code.value })));
});

for (const button of document.querySelectorAll("[data-remove]")) {
  button.addEventListener("click", async () => {
    if (await asked(FACTORS.removeSure)) {
      tried(async () => {
        await drop(button.dataset.remove);
        location.assign(HERE);
      });
    }
  });
}

document.getElementById("renew-codes")?.addEventListener("click", async () => {
  if (await asked(FACTORS.renewSure)) {
    tried(async () => gained(await post(`${API}/codes`, { kind: "recovery" })));
  }
});

offerNewKey(document.getElementById("new-key"), gained);

for (const acts of document.querySelectorAll("#begin-app, #confirm-app, #renew-codes, [data-remove]")) {
  acts.hidden = false; // each does something only from here on
}
