// 地图: where the next stop is, drawn from the district's outline that the device has kept; no network is needed.

import { get } from "../api.js";
import { PLACING } from "../words/map.js";
import { STOPS } from "../words/scanflow.js";
import { DistrictMap } from "./districtmap.js";
import { button, made } from "./dom.js";
import { keep } from "./store.js";
import { view } from "./views.js";

const KEPT = "district";

view("map", {
  title: "",
  async open(root, context, stop) {
    const places = (stop?.legs ?? []).map((leg) => leg.address).filter((one) => one.lat !== null);
    root.append(made("p", { class: "lead" }, stop?.legs[0].address.text ?? ""));
    const area = await district(context.db);
    if (area && places.length > 0) {
      root.append(shown(area, places));
    } else {
      root.append(made("p", { role: "status" }, area ? STOPS.noPlace : PLACING.away));
    }
    const [first] = places;
    root.append(made("p", { class: "acts low" },
      first && made("a", { class: "button", href: `geo:${first.lat},${first.lon}?q=${first.lat},${first.lon}` }, STOPS.byPhoneMap),
      button(STOPS.back, () => context.show("stops"), { class: "main", id: "back" })));
  },
});

/** As it is, or as it was when there was a network last; it hardly ever changes. */
async function district(db) {
  try {
    const area = await get("/api/v1/district");
    await keep(db, KEPT, area);
    return area;
  } catch {
    return db.get("kept", KEPT);
  }
}

function shown(area, places) {
  const map = new DistrictMap(area, { marks: places.map(({ lat, lon, text }) => ({ lat, lon, name: text })) });
  return made("div", { class: "map-frame" }, map.svg, made("p", { class: "map-zoom" },
    button("+", () => map.look(map.zoom * 2), { "aria-label": PLACING.zoomIn }),
    button("−", () => map.look(map.zoom / 2), { "aria-label": PLACING.zoomOut })));
}
