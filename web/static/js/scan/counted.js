// 逐份清点 on the card of a parcel: what is counted goes up with its next scan (counting.js).

import { SCAN } from "../words/scan.js";
import { made } from "./dom.js";
import { label } from "./stages.js";

/** The list of a stop's papers, one field each; nothing where none travel. */
export function counting({ papers, trackingNo, legId }) {
  if (papers.length === 0) {
    return null;
  }
  const fields = papers.map((paper, at) => {
    const text = SCAN.expected(paper.name, label(paper.form), paper.count);
    const field = made("input", {
      id: `count-${at}`,
      "data-name": paper.name,
      "data-form": paper.form,
      "data-paper-no": paper.paperNo ?? paper.paper_no ?? "",
      inputmode: "numeric",
      maxlength: 3,
      autocomplete: "off",
    });
    return made("p", { class: "field" }, made("label", { for: `count-${at}` }, text), field);
  });
  return made(
    "details",
    { "data-count-of": trackingNo ?? legId },
    made("summary", {}, SCAN.count),
    made("p", { class: "quiet" }, SCAN.countHint),
    fields,
  );
}
