// Parts of a page ([data-live]) replaced by fresh ones, without taking anything out of a person's hands:
//   a part in which somebody types, asks, or has put a file waits until it is left;
//   what is pointed at or has the focus stays where it is on the screen, whatever grows above it;
//   open details stay open, and the focus stays on the same link.

const shown = new Map(); // name of a part → its HTML as the server gave it last
let pointer = null;
let pressed = false; // a part that went away between press and release would swallow the click

document.addEventListener("pointermove", ({ clientX, clientY }) => (pointer = [clientX, clientY]), { passive: true });
document.addEventListener("pointerleave", () => (pointer = null));
document.addEventListener("pointerdown", () => (pressed = true), true);
for (const over of ["pointerup", "pointercancel"]) {
  document.addEventListener(over, () => (pressed = false), true);
}
for (const part of document.querySelectorAll("[data-live]")) {
  shown.set(part.dataset.live, part.innerHTML);
}

/** Take over what has changed. @returns whether a part had to wait */
export function renew(holder, fresh) {
  const rest = anchor(holder);
  let waits = false;
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = holder.querySelector(`[data-live="${part.dataset.live}"]`);
    if (shown.get(part.dataset.live) === part.innerHTML) {
      continue;
    }
    if (used(old)) {
      waits = true;
    } else {
      replace(old, part.innerHTML);
    }
  }
  rest();
  return waits;
}

/** Whether something of a person's is in it that the server does not have. */
export function used(part) {
  if (pressed || part.querySelector("dialog[open], upload-field[data-held]")) {
    return true;
  }
  const focus = document.activeElement;
  if (part.contains(focus) && focus.matches("input, select, textarea")) {
    return true;
  }
  return [...part.querySelectorAll("input:not([type=hidden]), select, textarea")].some(changed);
}

function changed(field) {
  if (field.matches("select")) {
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }
  return field.matches("[type=checkbox], [type=radio]")
    ? field.checked !== field.defaultChecked
    : field.type !== "file" && field.value !== field.defaultValue;
}

function replace(part, html) {
  const open = new Set([...part.querySelectorAll("details[open]")].map((each) => nameOf(part, each)));
  const focus = part.contains(document.activeElement) ? placeOf(part, document.activeElement) : null;
  part.innerHTML = html;
  shown.set(part.dataset.live, html);
  for (const each of part.querySelectorAll("details")) {
    each.open ||= open.has(nameOf(part, each));
  }
  if (focus) {
    found(part, focus)?.focus({ preventScroll: true });
  }
}

/** By its own id, else by the first one in it, else by its place. */
function nameOf(part, details) {
  return details.id || details.querySelector("[id]")?.id || `${[...part.querySelectorAll("details")].indexOf(details)}`;
}

function placeOf(part, focus) {
  const id = focus.closest("[id]");
  const kind = id && part.contains(id) && id !== part ? `#${CSS.escape(id.id)} ${focus.localName}` : focus.localName;
  const own = focus.id ? `#${CSS.escape(focus.id)}` : kind;
  return { kind: own, at: [...part.querySelectorAll(own)].indexOf(focus), words: focus.textContent };
}

/** What stood at this place: with the same words, there or elsewhere by now; else whatever stands there. */
function found(part, { kind, at, words }) {
  const all = [...part.querySelectorAll(kind)];
  return all[at]?.textContent === words ? all[at] : (all.find((each) => each.textContent === words) ?? all[at]);
}

/** Remember where what is pointed at, else what has the focus, stands; the returned function scrolls it back there. */
function anchor(holder) {
  const under = pointer && document.elementFromPoint(...pointer);
  const focus = document.activeElement;
  const at = [under, focus].find((each) => each && each !== holder && holder.contains(each));
  const part = at?.closest("[data-live]");
  if (!part) {
    return () => {};
  }
  const place = placeOf(part, at);
  const before = at.getBoundingClientRect().top;
  return () => {
    const moved = (found(part, place) ?? part).getBoundingClientRect().top - before;
    if (Math.abs(moved) >= 1) {
      window.scrollBy({ top: moved, behavior: "instant" });
    }
  };
}
