// 扫: one parcel after the other, whatever the next step of each is.

import { SCAN } from "../words/scan.js";
import { view } from "./views.js";

view("scan", {
  title: SCAN.title,
  order: 10,
  open(root, context) {
    root.textContent = context.outlet?.name ?? "";
  },
  async scanned(code, context) {
    await context.record({ kind: "AT_OUTLET", code });
  },
});
