// Where the tool is used today: an outlet or the hall.

import { PLACE } from "../words/scan.js";
import { button, made } from "./dom.js";
import { view } from "./views.js";

view("place", {
  title: PLACE.title,
  open(root, context) {
    const choices = context.worksAt.map((id) =>
      made("li", {}, button(context.places.get(id) ?? id, () => context.setPlace(id), { "aria-pressed": String(id === context.outlet?.id) })),
    );
    root.append(made("h2", {}, PLACE.lead), made("ul", { class: "choices" }, choices));
  },
  async scanned(code, context) {
    await context.show("scan");
    context.input.give(code);
  },
});
