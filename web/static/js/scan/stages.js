// Which stage comes next for a parcel, by its leg, its stage and who holds it: what is most likely stands first, a
// person confirms. The words are the server's, in the page.

const EARLY = ["ORDERED", "ACCEPTED", "ASSIGNED", "EN_ROUTE", "ARRIVED_DOOR", "PICKUP_FAILED", "ON_HOLD"];
const AT_DOOR = ["OUT_FOR_DELIVERY", "ARRIVED_DOOR", "EN_ROUTE"];
/** What needs a word more, or stands for one parcel alone: never repeated for the next one by itself. */
const SINGLE = [
  ...["DELIVERED", "ON_HOLD", "PICKUP_FAILED", "DELIVERY_FAILED", "DAMAGED", "LOST", "MISROUTED"],
  ...["RETURNING", "RETURNED", "AWAITING_COLLECTION"],
];
const USUAL = { courier: "PICKED_UP", outlet: "AT_OUTLET", clerk: "HALL_CHECKED" };

/** The stage that a scan most likely says; `stop` null: of a parcel that is not on the list. */
export function likely(stop, role) {
  if (stop === null || role === "clerk") {
    return USUAL[role] ?? "AT_OUTLET";
  }
  return role === "courier" ? ofCourier(stop) : ofOutlet(stop);
}

/** Whether one confirmation holds for the parcels that follow. */
export function mayRun(kind) {
  return !SINGLE.includes(kind);
}

/** The word for a stage, a leg or a form. */
export function label(value) {
  return document.querySelector(`#labels [value="${CSS.escape(value)}"]`)?.label ?? value;
}

/** Every stage that people scan. */
export function stages() {
  return [...document.querySelectorAll("#labels [data-of=stage]")].map((option) => option.value);
}

function ofCourier({ leg, stage }) {
  if (leg === "PICKUP") {
    return EARLY.includes(stage) ? "PICKED_UP" : "AT_OUTLET";
  }
  return AT_DOOR.includes(stage) ? "DELIVERED" : "OUT_FOR_DELIVERY";
}

function ofOutlet({ leg, stage }) {
  if (leg === "PICKUP") {
    return stage === "AT_OUTLET" ? "IN_TRANSIT" : "AT_OUTLET";
  }
  return ["AT_OUTLET", "AT_DEST_OUTLET"].includes(stage) ? "OUT_FOR_DELIVERY" : "AT_DEST_OUTLET";
}
