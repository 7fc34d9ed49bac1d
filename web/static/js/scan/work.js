// The work list of the place that is chosen, kept for the time without a network, and what it says about a code.

import { JUDGED } from "../words/scan.js";
import { isEaten, numberOf } from "./codes.js";
import { label } from "./stages.js";
import { keep } from "./store.js";

const OLD_MS = 12 * 3_600_000; // then it says nothing any more, and leaves the device (courier.md §7)

export class Work {
  /** `person`: whose list it is; another's that is still on the device is forgotten. `device`: signs what it asks. */
  constructor(db, person, device) {
    this.db = db;
    this.person = person;
    this.device = device;
    this.placeId = null;
    this.#empty();
  }

  /** What is kept of this person's list of a place on the device. */
  async recall(placeId) {
    this.placeId = placeId;
    this.#empty();
    const kept = await this.db.get("kept", "work");
    if (kept?.person === this.person && kept.placeId === placeId && Date.now() - kept.readAt < OLD_MS) {
      this.#take(kept);
    } else if (kept) {
      await this.forget();
    }
  }

  /** Ask the server; raises Problem. */
  async refresh() {
    const placeId = this.placeId;
    const stops = [];
    const [bags, toBag, changes] = [[], [], []]; // of the first page
    let after = "";
    do {
      const page = await this.device.get(`/api/v1/outlets/${encodeURIComponent(placeId)}/worklist${after}`);
      stops.push(...page.jobs);
      bags.push(...page.bags);
      toBag.push(...page.toBag);
      changes.push(...page.changes);
      after = page.next ? `?after=${encodeURIComponent(page.next)}` : "";
    } while (after);
    const { parcels } = await this.device.get("/api/v1/scan/parcels");
    if (placeId === this.placeId) {
      const kept = { person: this.person, placeId, readAt: Date.now(), stops, bags, toBag, changes, parcels };
      await keep(this.db, "work", kept);
      this.#take(kept);
    }
  }

  /** Addresses and masked names leave the device. */
  async forget() {
    this.#empty();
    await keep(this.db, "work", null);
  }

  /** Without a list, or with one of yesterday, nobody can say what belongs here. */
  get known() {
    return this.readAt !== null && Date.now() - this.readAt < OLD_MS;
  }

  /** The stop of a code, or null. */
  find(code) {
    const number = numberOf(code);
    return this.stops.find((stop) => stop.trackingNo === number || stop.legId === number) ?? null;
  }

  /** What is wrong with a code here, {title, lines, final}, or null. `final`: it can't be recorded anyway. */
  judge(code, places) {
    if (isEaten(code)) {
      return { ...JUDGED.eaten, final: true };
    }
    if (!this.known || this.find(code) !== null) {
      return null;
    }
    const parcel = this.parcels.get(numberOf(code));
    if (!parcel) {
      return JUDGED.unknown;
    }
    if (parcel.ended) {
      return parcel.stage === "CANCELLED" ? JUDGED.cancelled : JUDGED.ended(label(parcel.stage));
    }
    const isElsewhere = parcel.outletId !== null && parcel.outletId !== this.placeId;
    return isElsewhere ? JUDGED.elsewhere(places.get(parcel.outletId) ?? parcel.outletId) : null;
  }

  #empty() {
    this.#take({ stops: [], bags: [], toBag: [], parcels: [], readAt: null });
  }

  #take({ stops, bags = [], toBag = [], changes = [], parcels, readAt }) {
    this.stops = stops;
    this.bags = bags; // on their way to this place
    this.toBag = toBag; // to be sent on from it
    this.changes = changes; // of visits, that its couriers may not have heard of
    this.parcels = new Map(parcels.map((parcel) => [parcel.number, parcel]));
    this.readAt = readAt;
  }
}
