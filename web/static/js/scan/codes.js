// What a scanner, a phone's input method or a person gives for a code, read as one code: the same rules as the server's
// (`logistics/scanned_code.py`), tried on the same examples (tests/vectors/scanned_codes.json).

const AIM = /^\][A-Za-z][0-9A-Za-z]/; // the symbology in front of the data, e.g. ]C1
const INVISIBLE = /[\p{Cc}\p{Cf}\s]/gu;
const S10 = /^[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}$/;
const S10_WEIGHTS = [8, 6, 4, 2, 3, 5, 9, 7];
const LABEL = /^YZ1\|[^|]+\|(PICKUP|FORWARD|BACK|DELIVERY)\|[0-9a-f]{8}$/i;
const CASE = /^[0-9]{20}[0-9X]$/;
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

/** How a code can be known to be whole: "now", "soon" (something may still follow), or "" (only its end tells). */
export function wholeness(text) {
  const code = clean(text);
  if (isS10(code) || LABEL.test(code)) {
    return "now";
  }
  return isCaseNumber(code) ? "soon" : "";
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

/** A case number with the right check character (ISO 7064 MOD 11-2). */
export function isCaseNumber(code) {
  if (!CASE.test(code)) {
    return false;
  }
  let rest = 0;
  for (const digit of code.slice(0, 20)) {
    rest = ((rest + Number(digit)) * 2) % 11;
  }
  const check = (12 - rest) % 11;
  return code[20] === (check === 10 ? "X" : String(check));
}

/** A Chinese input method has eaten the code: nothing can be read any more. */
export function isEaten(code) {
  return IDEOGRAPH.test(code);
}
