// What a scanner, a phone's input method or a person gives for a code, read as one code: the same rules as the server's
// (`logistics/scanned_code.py`), tried on the same examples (tests/vectors/scanned_codes.json).

const AIM = /^\][A-Za-z][0-9A-Za-z]/; // the symbology in front of the data, e.g. ]C1
const INVISIBLE = /[\p{Cc}\p{Cf}\s]/gu;
const S10 = /^[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}$/;
const S10_WEIGHTS = [8, 6, 4, 2, 3, 5, 9, 7];
const LABEL = /^YZ1\|[^|]+\|(PICKUP|FORWARD|BACK|DELIVERY)\|[0-9a-f]{8}$/i;
const SEAL = /^YZ[0-9]{7}$/;
/** Beginnings of a carrier's number, a label, a case number, a leg's id. */
const PARTS = [/^[A-Z]{2}[0-9]{0,9}[A-Z]?$/, /^YZ1\|/i, /^[0-9]{14,20}$/, /^[0-9]{20}[0-9X]-[A-Z]*-?$/];
const IDEOGRAPH = /\p{Script=Han}/u;

/** Without what a device or an input method adds: full-width forms, control characters, `]C1`, the stars of Code 39. */
export function clean(text) {
  let code = text.normalize("NFKC").replaceAll(INVISIBLE, "").replace(AIM, "");
  if (code.length > 2 && code.startsWith("*") && code.endsWith("*")) {
    code = code.slice(1, -1);
  }
  return LABEL.test(code) ? code : code.toUpperCase();
}

/** The number that a code names; our label's square code carries it as its second part. */
export function numberOf(code) {
  const parts = clean(code).split("|");
  return (parts[0].toUpperCase() === "YZ1" && parts[1] ? parts[1] : parts.join("|")).toUpperCase();
}

/** What can be known of a code while it comes: "whole", "part" (more must follow), or "" (only its end tells). */
export function wholeness(text) {
  const code = clean(text);
  if (isS10(code) || LABEL.test(code)) {
    return "whole";
  }
  return PARTS.some((part) => part.test(code)) && !SEAL.test(code) ? "part" : "";
}

/** A carrier's number with the right check digit (UPU S10). */
export function isS10(code) {
  const found = S10.exec(code);
  if (!found) {
    return false;
  }
  const rest = 11 - (S10_WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(found[1][at]), 0) % 11);
  return found[2] === ({ 10: "0", 11: "5" }[rest] ?? String(rest));
}

/** A Chinese input method has eaten the code: nothing can be read any more. */
export function isEaten(code) {
  return IDEOGRAPH.test(code);
}
