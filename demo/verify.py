"""Reading the other side's books: what partners and couriers say happened must be what we say happened."""

from collections import Counter
from typing import Any

from demo.play import Played, Stage


def faults(stage: Stage, all_played: list[Played]) -> dict[int, list[str]]:
    """Per story, what did not end as it should; empty lists where all is well."""
    effects = stage.partners.get("/control/effects")
    waybills = stage.couriers.get("/control/effects")["waybills"]
    parcels = {parcel["legId"]: parcel for parcel in stage.couriers.get("/control/parcels")["parcels"]}
    phones = {message["id"]: message for message in stage.couriers.get("/control/phones")["messages"]}
    found: dict[int, list[str]] = {}
    for played in all_played:
        wrong = [played.failure] if played.failure else []
        wrong += _our_side(played)
        if not played.failure:
            wrong += _partners_side(stage, played, effects)
            wrong += _couriers_side(played, waybills, parcels)
            wrong += phones_side(played, phones)
        found[played.number] = wrong
    return found


def _our_side(played: Played) -> list[str]:
    story, case = played.story, played.case
    wrong = []
    if case.get("status") != story.outcome:
        wrong.append(f"status {case.get('status')}, expected {story.outcome}")
    if case.get("onHold"):
        wrong.append("on hold")
    legs = Counter(parcel["leg"] for parcel in case.get("parcels", []))
    if legs != Counter(story.legs):
        wrong.append(f"legs {sorted(legs.elements())}, expected {sorted(story.legs)}")
    kinds = {event["kind"] for event in played.events}
    wrong += [f"history lacks {kind}" for kind in sorted(story.shows - kinds)]
    return wrong


def _partners_side(stage: Stage, played: Played, effects: dict[str, Any]) -> list[str]:
    wrong = []
    for handling in played.case["handlings"]:
        never_passed_on = handling["status"] == "NOT_BEGUN" or "withdraw_early" in played.story.does
        if handling["partner"] is None or never_passed_on:
            continue
        theirs = stage.partners.get(f"/control/cases/{handling['handlingNo']}")
        if theirs["outcome"] != handling["decision"]:
            wrong.append(f"partner says {theirs['outcome']}, we say {handling['decision']}")
        if not all(event["acknowledged"] for event in theirs["events"]):
            wrong.append("an event of the partner was not acknowledged")
        wrong += _without_effect(played, handling["handlingNo"], theirs["events"])
        notices = Counter(notice["notice"] for notice in theirs["notices"])
        if notices != Counter(played.story.notices):
            wrong.append(f"partner received {dict(notices)}, expected {sorted(played.story.notices)}")
        wrong += _once(effects.get(handling["partner"], {}), handling["handlingNo"])
    return wrong


def _without_effect(played: Played, handling_no: str, events: list[dict[str, Any]]) -> list[str]:
    """Each event that we have acknowledged is in the history of its handling, but for those that came late."""
    acknowledged = {event["eventId"]: event["event"] for event in events if event["acknowledged"]}
    shown = Counter(event["kind"] for event in played.events if event["handlingNo"] == handling_no)
    missing = Counter(acknowledged.values()) - shown - late_ones(played.case["said"], handling_no)
    return [f"{event} was acknowledged and had no effect" for event in sorted(missing)]


def late_ones(said: list[dict[str, Any]], handling_no: str) -> Counter[str]:
    """How many of each event came when a later one had taken effect.

    Recorded, no effect (contracts.md "Acknowledgement"): on a slow machine the status is queried over a gap before the
    event that was held back comes.
    """
    ours = [one for one in said if one["handlingNo"] == handling_no]
    effective = [one for one in ours if one["tookEffect"]]
    return Counter(
        one["event"]
        for one in ours
        if not one["tookEffect"]
        and any(later["at"] >= one["at"] and later["receivedAt"] <= one["receivedAt"] for later in effective)
    )


def _once(effects: dict[str, Any], handling_no: str) -> list[str]:
    ours = {key: entry for key, entry in effects.items() if entry["handlingNo"] == handling_no}
    if not ours:
        return ["the partner has no effect at all"]
    return [f"{entry['count']} effects of {key}" for key, entry in ours.items() if entry["count"] != 1]


def _couriers_side(played: Played, waybills: dict[str, Any], parcels: dict[str, Any]) -> list[str]:
    wrong = []
    for parcel in played.case["parcels"]:
        leg_id = parcel["legId"]
        count = waybills.get(leg_id, {}).get("count")
        if count != 1:
            wrong.append(f"{count} waybills for {leg_id}")
        theirs = parcels.get(leg_id)
        if theirs is not None and theirs["trackingNo"] != parcel["trackingNo"]:
            wrong.append(f"another waybill number for {leg_id}")
    return wrong


def phones_side(played: Played, phones: dict[str, Any]) -> list[str]:
    """What we say was sent is on the phones, once and in the same words; nothing else of this case is."""
    wrong = []
    sent = [message for message in played.messages if message["state"] in ("sent", "delivered")]
    for message in sent:
        theirs = phones.get(message["id"])
        if theirs is None:
            wrong.append(f"{message['kind']} is on no phone")
        elif theirs["text"] != message["words"]:
            wrong.append(f"{message['kind']} came in other words")
    tail, ids = f"尾号{played.case_no[-4:]}）", {message["id"] for message in sent}
    wrong += [
        "a phone has what we did not send"
        for number, one in phones.items()
        if tail in one["text"] and number not in ids
    ]
    if not any(message["kind"] == "COLLECTED" for message in played.messages) and "COLLECTED" in kinds_of(played):
        wrong.append("the applicant was not told that the papers are in")
    return wrong


def kinds_of(played: Played) -> set[str]:
    return {event["kind"] for event in played.events}
