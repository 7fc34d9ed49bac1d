// The work list of the place that is chosen, kept for the time without a network, and what it says about a code.

import { get } from "../api.js";
import { numberOf } from "./codes.js";
import { keep } from "./store.js";

const OLD_MS = 12 * 3_600_000; // then it says nothing any more (courier.md §7)

export class Work {
  constructor(db, person) {
    this.db = db;
    this.person = person;
    this.stops = [];
    this.elsewhere = new Map();
    this.readAt = null;
  }

  /** What is kept of this person's list on the device; another person's is forgotten. */
  async recall(placeId) {
    const kept = await this.db.get("kept", "work");
    if (kept && kept.person !== this.person) {
      await keep(this.db, "work", null);
    } else if (kept && kept.placeId === placeId) {
      this.#take(kept);
    }
  }

  /** Ask the server; raises Problem. */
  async refresh(placeId) {
    const stops = [];
    let after = "";
    do {
      const page = await get(`/api/v1/outlets/${encodeURIComponent(placeId)}/worklist${after}`);
      stops.push(...page.jobs);
      after = page.next ? `?after=${encodeURIComponent(page.next)}` : "";
    } while (after);
    const { parcels } = await get("/api/v1/scan/parcels");
    const kept = { person: this.person, placeId, readAt: Date.now(), stops, parcels };
    await keep(this.db, "work", kept);
    this.#take(kept);
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

  #take({ stops, parcels, readAt }) {
    this.stops = stops;
    this.elsewhere = new Map(parcels.map((parcel) => [parcel.number, parcel]));
    this.readAt = readAt;
  }
}
