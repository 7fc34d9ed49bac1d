// 回执: what was handed over, to be shown, printed or read out; made on the device, without a network.

import { RECEIPT } from "../words/scanflow.js";
import { at } from "../words/times.js";
import { button, made } from "./dom.js";
import { label } from "./stages.js";
import { view } from "./views.js";

/** Open with `{kind, number, tally, seal, signed, extra, then}`; `then`: {text, go} of the button that goes on. */
view("receipt", {
  title: "",
  open(root, context, shown) {
    if (!shown) {
      context.show("");
      return;
    }
    root.append(paper(context, shown), made("p", { class: "acts low no-print" },
      button(RECEIPT.print, () => print(), { id: "print" }),
      button(shown.then.text, shown.then.go, { class: "main", id: "go-on" })));
  },
});

function paper(context, { kind, number, tally, seal, signed, extra = [], when = Date.now() }) {
  const facts = [
    [RECEIPT.number, made("span", { class: "number" }, number)],
    [RECEIPT.time, at(when)],
    [RECEIPT.place, [context.outlet?.name, context.person.username].filter(Boolean).join(" · ")],
    seal && [RECEIPT.seal, seal],
    [RECEIPT.signed, signed],
    ...extra,
  ].filter(Boolean);
  return made("article", { class: "receipt", id: "receipt" },
    made("h2", {}, RECEIPT.title[kind]),
    made("dl", { class: "facts" }, facts.flatMap(([name, value]) => [made("dt", {}, name), made("dd", {}, value)])),
    tally.length > 0 && made("table", {},
      made("thead", {}, made("tr", {}, [RECEIPT.papers, RECEIPT.said, RECEIPT.counted].map((text) => made("th", { scope: "col" }, text)))),
      made("tbody", {}, tally.map(line))),
    tally.length > 0 && made("p", {}, RECEIPT.total(tally.reduce((sum, one) => sum + one.counted, 0))),
    made("p", { class: "quiet no-print" }, RECEIPT.pending));
}

function line({ name, form, said, counted }) {
  const cells = [made("td", {}, `${name}（${label(form)}）`), made("td", { class: "number" }, said), made("td", { class: "number" }, counted)];
  return made("tr", { class: said === counted ? "" : "differs" }, cells);
}
