// "Place this address": the map in the form of the task. A tap, or arrow keys, write into its two fields, and what is
// typed into them moves the cross.
//   <div data-place-map="ID"></div> beside the fields lat-ID and lon-ID

import { get } from "../api.js";
import { PLACING } from "../words/map.js";
import { DistrictMap } from "./districtmap.js";
import { button, made } from "./dom.js";

const DIGITS = 6;

let area = null;

document.addEventListener("toggle", (event) => event.target.open && build(event.target), true);
build(document);

function build(root) {
  for (const box of root.querySelectorAll("[data-place-map]:empty")) {
    const folded = box.closest("details");
    if (!folded || folded.open) {
      show(box);
    }
  }
}

async function show(box) {
  box.append(made("p", { class: "quiet" }, PLACING.lead));
  try {
    area ??= get("/api/v1/district");
    draw(box, await area);
  } catch {
    area = null;
    box.append(made("p", { role: "status" }, PLACING.away));
  }
}

function draw(box, shown) {
  const [lat, lon] = ["lat", "lon"].map((name) => document.getElementById(`${name}-${box.dataset.placeMap}`));
  const told = made("p", { role: "status" });
  const map = new DistrictMap(shown, { placed: (point) => {
    [lat.value, lon.value] = [point.lat.toFixed(DIGITS), point.lon.toFixed(DIGITS)];
    say(told, point);
  } });
  for (const field of [lat, lon]) {
    field.addEventListener("input", () => typed(map, told, lat, lon));
  }
  box.append(made("div", { class: "map-frame" }, map.svg, made("p", { class: "map-zoom" },
    button("+", () => map.look(map.zoom * 2), { "aria-label": PLACING.zoomIn }),
    button("−", () => map.look(map.zoom / 2), { "aria-label": PLACING.zoomOut }))), told);
  typed(map, told, lat, lon);
}

function typed(map, told, ...fields) {
  const [lat, lon] = fields.map((field) => Number.parseFloat(field.value));
  if (Number.isFinite(lat) && Number.isFinite(lon)) {
    map.place({ lat, lon }, false);
    say(told, map.point);
  }
}

function say(told, { lat, lon, inside }) {
  told.textContent = [PLACING.placed(lat.toFixed(5), lon.toFixed(5)), !inside && PLACING.outside].filter(Boolean).join(" · ");
  told.classList.toggle("warn", !inside);
}
