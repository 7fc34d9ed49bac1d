// A form as the JSON that the interface expects: names with dots are members, numbers are places in a list.

const READERS = {
  number: (field) => (field.value.trim() === "" ? null : Number(field.value)),
  bool: (field) => field.checked,
  yesno: (field) => (field.value === "" ? null : field.value === "true"),
  tick: (field) => (field.checked ? (field.value === "true" ? true : field.value) : null),
  moment: (field) => (field.value ? `${field.value}:00+08:00` : null), // as the clock on the wall here says it
  fen: (field) => fenOf(field.value.replace(/[,，\s]/g, "")),
  lines: (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean),
};

/** What is disabled, has no name or is only for reading (data-plain) is left out, and files, which went ahead; an empty text too. */
export function valuesOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.matches(":disabled, [data-plain]") || ["submit", "file"].includes(field.type)) {
      continue;
    }
    const read = READERS[field.dataset.as];
    const value = read ? read(field) : field.value.trim();
    if (value !== "" && value !== null && !Number.isNaN(value)) {
      put(body, field.name.split("."), value);
    }
  }
  return withoutGaps(body);
}

/** A row that was left out leaves no hole in its list. */
function withoutGaps(value) {
  if (Array.isArray(value)) {
    return value.filter((each) => each !== undefined).map(withoutGaps);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutGaps(each)]));
  }
  return value;
}

/** Yuan as typed → whole fen, exactly; what is no sum stays text, so that the server says so. */
function fenOf(text) {
  const [, sign, yuan, part] = text.match(/^(-?)([0-9]{1,12})(?:[.]([0-9]{1,2}))?$/) ?? [];
  return yuan === undefined ? text : Number(`${sign}${yuan}${(part ?? "").padEnd(2, "0")}`);
}

function put(target, path, value) {
  const [head, ...rest] = path;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  target[head] ??= /^[0-9]+$/.test(rest[0]) ? [] : {};
  put(target[head], rest, value);
}
