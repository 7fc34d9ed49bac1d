// Papers counted one by one, beside the parcel that is scanned next.

import { COUNTING } from "./words/counting.js";

/** The counted list of the parcel that is scanned; null where nobody has counted, a fault where something is amiss. */
export function countedIn(code) {
  const begun = sheets().filter((sheet) => fieldsOf(sheet).some((field) => field.value.trim() !== ""));
  const sheet = begun.find((one) => number(one.dataset.countOf) === number(code));
  if (!sheet) {
    const [other] = begun;
    if (!other) {
      return { manifest: null };
    }
    return { fault: COUNTING.other(other.dataset.countOf), field: fieldsOf(other)[0] };
  }
  const wrong = fieldsOf(sheet).find((field) => !/^[0-9]{1,3}$/.test(field.value.trim()));
  if (wrong) {
    return { fault: COUNTING.open(wrong.dataset.name), field: wrong };
  }
  return { manifest: fieldsOf(sheet).map(line) };
}

/** Counted once is said once. */
export function forget(code) {
  for (const sheet of sheets().filter((one) => number(one.dataset.countOf) === number(code))) {
    fieldsOf(sheet).forEach((field) => {
      field.value = "";
    });
  }
}

/** A square code carries the number as its second part. */
function number(code) {
  const parts = code.split("|");
  return (parts[0] === "YZ1" && parts[1] ? parts[1] : code).replaceAll(/\s/g, "").toUpperCase();
}

function sheets() {
  return [...document.querySelectorAll("[data-count-of]")];
}

function fieldsOf(sheet) {
  return [...sheet.querySelectorAll("input[data-name]")];
}

function line(field) {
  const { name, form, paperNo } = field.dataset;
  return { name, form, count: Number(field.value.trim()), paperNo: paperNo || null };
}
