// A map of the district without a map service: its outline, its outlets and a grid, as one SVG. Degrees become pixels by
// one affine projection, good to a few metres over a district.

import { PLACING } from "../words/map.js";

const WIDE = 1000;
const PADDING = 40;
const GRID = 0.01; // degrees
const METRES_PER_DEGREE = 111_195;
const CLOSEST = 24;
const LETTER_PX = 14; // of names, whatever is shown how large
const UNKNOWN_PX = 360; // wide, before it is drawn
const STEPS = 40; // arrow keys cross what is shown in so many
const SVG = "http://www.w3.org/2000/svg";

export class DistrictMap {
  /** `area`: of `GET /district`. `marks`: [{lat, lon, name}]. `placed({lat, lon, inside})`: where somebody taps; none: only to look at. */
  constructor(area, { marks = [], placed = null } = {}) {
    this.area = area;
    this.placed = placed;
    this.point = null;
    this.#measure();
    this.svg = drawn("svg", { class: "district-map", tabindex: placed ? 0 : null, role: placed ? "application" : "img", "aria-label": placed ? PLACING.label : area.name });
    this.svg.append(this.#ground(), ...marks.map((mark) => this.#pin(mark)));
    if (placed) {
      this.cross = drawn("g", { class: "map-cross", visibility: "hidden" }, drawn("circle", { r: 12 }), drawn("path", { d: "M-26 0H26M0 -26V26" }));
      this.svg.append(this.cross);
      this.svg.addEventListener("click", (event) => this.#tapped(event));
      this.svg.addEventListener("keydown", (event) => this.#pressed(event));
    }
    const [first] = marks;
    this.look(first && marks.length < 3 ? 4 : 1, first ?? null);
    new ResizeObserver(() => this.#fit()).observe(this.svg);
  }

  /** Show it so many times larger, around a point (none: as it is). */
  look(zoom, around = this.point) {
    this.zoom = Math.max(1, Math.min(CLOSEST, zoom));
    const [wide, high] = [WIDE / this.zoom, this.high / this.zoom];
    const [x, y] = around ? this.#xy(around) : this.middle ?? [WIDE / 2, this.high / 2];
    const left = Math.max(0, Math.min(WIDE - wide, x - wide / 2));
    const top = Math.max(0, Math.min(this.high - high, y - high / 2));
    this.box = { left, top, wide, high };
    this.middle = [left + wide / 2, top + high / 2];
    this.svg.setAttribute("viewBox", `${left} ${top} ${wide} ${high}`);
    this.#fit();
  }

  /** Set the cross; `told` false: nobody is told. */
  place(point, told = true) {
    this.point = { ...point, inside: this.#isInside(point) };
    this.#moveCross();
    if (told) {
      this.placed(this.point);
    }
  }

  /** Names, squares and pins keep their size in pixels. */
  #fit() {
    const { width, height } = this.svg.getBoundingClientRect();
    this.unit = Math.max(this.box.wide / (width || UNKNOWN_PX), height ? this.box.high / height : 0);
    this.svg.setAttribute("font-size", LETTER_PX * this.unit);
    for (const mark of this.svg.querySelectorAll("[data-fixed]")) {
      mark.setAttribute("transform", `translate(${mark.dataset.fixed}) scale(${this.unit})`);
    }
    this.#moveCross();
  }

  #measure() {
    const lats = this.area.outline.map(([lat]) => lat);
    const lons = this.area.outline.map(([, lon]) => lon);
    [this.south, this.north, this.west, this.east] = [Math.min(...lats), Math.max(...lats), Math.min(...lons), Math.max(...lons)];
    const squeeze = Math.cos((((this.south + this.north) / 2) * Math.PI) / 180);
    this.perLon = (WIDE - 2 * PADDING) / (this.east - this.west);
    this.perLat = this.perLon / squeeze;
    this.high = Math.round((this.north - this.south) * this.perLat + 2 * PADDING);
  }

  #xy({ lat, lon }) {
    return [PADDING + (lon - this.west) * this.perLon, PADDING + (this.north - lat) * this.perLat];
  }

  #degrees(x, y) {
    return { lat: this.north - (y - PADDING) / this.perLat, lon: this.west + (x - PADDING) / this.perLon };
  }

  #ground() {
    const corners = this.area.outline.map(([lat, lon]) => this.#xy({ lat, lon }).map(Math.round).join(","));
    return drawn("g", {}, ...this.#grid(), drawn("polygon", { class: "map-area", points: corners.join(" ") }), ...this.area.outlets.flatMap((one) => this.#outlet(one)));
  }

  #grid() {
    const lines = [];
    for (let lon = Math.ceil(this.west / GRID) * GRID; lon < this.east; lon += GRID) {
      const [x] = this.#xy({ lat: this.south, lon });
      lines.push(drawn("path", { class: "map-grid", d: `M${x} 0V${this.high}` }), text(x + 4, this.high - 6, lon.toFixed(2), "map-degree"));
    }
    for (let lat = Math.ceil(this.south / GRID) * GRID; lat < this.north; lat += GRID) {
      const [, y] = this.#xy({ lat, lon: this.west });
      lines.push(drawn("path", { class: "map-grid", d: `M0 ${y}H${WIDE}` }), text(4, y - 4, lat.toFixed(2), "map-degree"));
    }
    return lines;
  }

  #outlet(one) {
    const [x, y] = this.#xy(one);
    const circle = drawn("circle", { class: "map-circle", cx: x, cy: y, r: (one.radiusM / METRES_PER_DEGREE) * this.perLat });
    return [circle, drawn("g", { "data-fixed": `${x} ${y}`, class: "map-outlet" }, drawn("rect", { x: -5, y: -5, width: 10, height: 10 }), drawn("text", { x: 8, y: 5, class: "map-name", "font-size": LETTER_PX }, one.name))];
  }

  #pin({ lat, lon, name }) {
    const [x, y] = this.#xy({ lat, lon });
    return drawn("g", { "data-fixed": `${x} ${y}`, class: "map-pin" }, drawn("path", { d: "M0 0L-16 -34A20 20 0 1 1 16 -34Z" }), drawn("title", {}, name));
  }

  #tapped(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = Math.max(this.box.wide / box.width, this.box.high / box.height);
    const x = this.box.left + this.box.wide / 2 + (event.clientX - box.left - box.width / 2) * scale;
    const y = this.box.top + this.box.high / 2 + (event.clientY - box.top - box.height / 2) * scale;
    this.place(this.#degrees(x, y));
  }

  #pressed(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const times = { "+": 2, "=": 2, "-": 0.5 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (!way && !times)) {
      return;
    }
    event.preventDefault();
    if (times) {
      this.look(this.zoom * times, this.point);
      return;
    }
    const [x, y] = this.point ? this.#xy(this.point) : this.middle;
    const step = (this.box.wide / STEPS) * (event.shiftKey ? 0.2 : 1);
    this.place(this.#degrees(x + way[0] * step, y + way[1] * step));
    this.look(this.zoom, this.point);
  }

  #moveCross() {
    if (this.cross && this.point) {
      const [x, y] = this.#xy(this.point);
      this.cross.setAttribute("transform", `translate(${x} ${y}) scale(${this.unit})`);
      this.cross.setAttribute("visibility", "visible");
    }
  }

  #isInside({ lat, lon }) {
    let inside = false;
    const { outline } = this.area;
    outline.forEach(([lat1, lon1], at) => {
      const [lat2, lon2] = outline[(at + 1) % outline.length];
      if (lat1 > lat !== lat2 > lat && lon < lon1 + ((lat - lat1) / (lat2 - lat1)) * (lon2 - lon1)) {
        inside = !inside;
      }
    });
    return inside;
  }
}

function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children);
  return element;
}

function text(x, y, words, name) {
  return drawn("text", { x, y, class: name }, words);
}
