// Papers counted one by one, beside the parcel that is scanned next.

/** The counted list of a parcel; null where nobody has counted, and a fault where one paper was left out. */
export function countedIn(code) {
  const sheet = [...document.querySelectorAll("[data-count-of]")].find((one) => one.dataset.countOf === code);
  const fields = sheet ? [...sheet.querySelectorAll("input[data-name]")] : [];
  const said = fields.filter((field) => field.value.trim() !== "");
  if (said.length === 0) {
    return { manifest: null };
  }
  const wrong = fields.find((field) => !/^[0-9]{1,3}$/.test(field.value.trim()));
  if (wrong) {
    return { fault: `请把“${wrong.dataset.name}”的份数填完整，没有的填0`, field: wrong };
  }
  return { manifest: fields.map(line) };
}

/** Counted once is said once. */
export function forget(code) {
  for (const sheet of document.querySelectorAll("[data-count-of]")) {
    if (sheet.dataset.countOf === code) {
      sheet.querySelectorAll("input[data-name]").forEach((field) => { field.value = ""; });
    }
  }
}

function line(field) {
  const { name, form, paperNo } = field.dataset;
  return { name, form, count: Number(field.value.trim()), paperNo: paperNo || null };
}
