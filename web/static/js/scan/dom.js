// Elements by their tag, attributes and children.

/** `made("p", {class: "quiet"}, "text", child)`; an attribute that is a function listens, null and false are left out. */
export function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value !== null && value !== false && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button that can be hit with a thumb. */
export function button(text, click, attributes = {}) {
  return made("button", { type: "button", ...attributes, click }, text);
}
