"""A parcel changes hands (交接): both sides confirm, then it is an event of the log like any scan.

What does not agree is raised in the same transaction: a giver who did not hold it, a seal or list that differs.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import BadInput, Conflict
from domain.model import Frozen
from domain.papers import SightingPlace
from domain.tasks import TaskKind
from domain.terms import Leg, ParcelStage, ScanSource, SignerKind
from logistics.custody import CUSTODY_FINDINGS, Finding, PaperDifference, compare_papers
from logistics.scans import PaperLine
from parcels.case_entries import raise_task
from parcels.paper_trail import giver_counted
from parcels.projection import HANDOVER_DEVICE, project
from parcels.scan_parsing import content_hash
from storage.parcels import scans as log
from storage.parcels.handovers import HandoverRow, handovers_of
from storage.parcels.legs import CourierRow, LegRow
from storage.parcels.papers import add_sightings

HALL = "hall"
CARRIER = "carrier"


class Side(StrEnum):
    """Who confirms: the one who gives or the one who takes."""

    FROM = "from"
    TO = "to"


class HandoverSaid(Frozen):
    """What one side confirms (docs/postal.md "Hands: `POST /api/v1/parcels/{trackingNo}/handover`").

    Parties: `hall`, `carrier`, a courier's id or an outlet's id. `by`: the user's name, who stands for the party.
    `manifest` None: this side has not counted. `key`: of the request; said again with it,
    nothing follows.
    """

    side: Side
    from_party: str = Field(min_length=1, max_length=64)
    to_party: str = Field(min_length=1, max_length=64)
    manifest: tuple[PaperLine, ...] | None = None
    seal_no: str | None = Field(default=None, max_length=32)
    by: str
    key: str | None = None


class HandedOn(Frozen):
    """Answer to one side. `confirmed`: both sides have; until then nothing has changed hands.

    `number`: of the hand-over within the leg, from 1. `holder`: who holds the parcel now, None before anybody took it.
    """

    number: int
    confirmed: bool
    holder: str | None
    findings: tuple[Finding, ...] = ()


def confirm(session: Session, leg: LegRow, said: HandoverSaid, now: datetime) -> HandedOn:
    """Take one side's confirmation about a leg that the caller has locked; the second one makes it an event of the log.

    A side that confirms again changes nothing; another person of that side takes the word over, while the other side
    is silent. The two sides are two people (decision 60).

    Raises:
        BadInput: HANDOVER_SELF, a party hands over to itself.
        Conflict: LEG_ENDED, the leg is over; SAME_PERSON, this person has spoken for the other side.
    """
    if said.from_party == said.to_party:
        raise BadInput("交出方和接收方不能相同", code="HANDOVER_SELF", field="toParty")
    known = handovers_of(session, leg.leg_id)
    again = next((row for row in known if _is_again(row, said)), None)
    if again is not None:
        return _as_taken(leg, again)
    if leg.ended_at is not None:
        raise Conflict("这段寄递已经结束", code="LEG_ENDED")
    row = _open_row(session, leg, known, said, now)
    _say(row, said, now)
    if row.given is None or row.taken is None:
        session.flush()
        return HandedOn(number=row.number, confirmed=False, holder=leg.state.get("holder"))
    return _handed_on(session, leg, row, row.given, row.taken, now)


def _is_again(row: HandoverRow, said: HandoverSaid) -> bool:
    """Whether this very request was taken before: its answer had not arrived."""
    word = row.given if said.side is Side.FROM else row.taken
    if said.key is None or word is None or (row.from_party, row.to_party) != (said.from_party, said.to_party):
        return False
    return (word.get("key"), word["by"]) == (said.key, said.by)


def _as_taken(leg: LegRow, row: HandoverRow) -> HandedOn:
    kept = [Finding.model_validate(finding) for finding in leg.state.get("findings", ())]
    found = [each for each in kept if row.event_id is not None and each.event_id == row.event_id]
    return HandedOn(
        number=row.number,
        confirmed=row.event_id is not None,
        holder=leg.state.get("holder"),
        findings=tuple(each for each in found if each.kind in CUSTODY_FINDINGS),
    )


def _say(row: HandoverRow, said: HandoverSaid, now: datetime) -> None:
    """Note the word of one side. Raises Conflict (SAME_PERSON) for who has spoken for the other."""
    mine, other = (row.given, row.taken) if said.side is Side.FROM else (row.taken, row.given)
    if other is not None and other["by"] == said.by:
        raise Conflict("交出和接收须由两个人分别确认，请对方用自己的账号确认", code="SAME_PERSON")
    if mine is not None and mine["by"] == said.by:
        return
    word: dict[str, Any] = {
        "by": said.by,
        "at": now.isoformat(),
        "manifest": None if said.manifest is None else [line.model_dump(mode="json") for line in said.manifest],
        "sealNo": said.seal_no,
        "key": said.key,
    }
    if mine is not None:
        word["instead"] = {"by": mine["by"], "at": mine["at"]}
    if said.side is Side.FROM:
        row.given = word
    else:
        row.taken = word


def _open_row(
    session: Session, leg: LegRow, known: list[HandoverRow], said: HandoverSaid, now: datetime
) -> HandoverRow:
    """The hand-over that waits for its other side, else a new one."""
    for row in known:
        if row.event_id is None and (row.from_party, row.to_party) == (said.from_party, said.to_party):
            return row
    row = HandoverRow(
        leg_id=leg.leg_id,
        number=len(known) + 1,
        from_party=said.from_party,
        to_party=said.to_party,
        opened_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _handed_on(
    session: Session, leg: LegRow, row: HandoverRow, given: dict[str, Any], taken: dict[str, Any], now: datetime
) -> HandedOn:
    """Write the event; the log raises what does not agree with it, here what the sides do not agree on."""
    row.event_id = log.log_id(ScanSource.HANDOVER, f"{HANDOVER_DEVICE}{leg.leg_id}", _said_id(leg, row))
    _append(session, leg, row, given, taken, now)
    state = project(session, leg, now)
    found = tuple(
        finding for finding in state.findings if finding.event_id == row.event_id and finding.kind in CUSTODY_FINDINGS
    )
    counted = [_lines(word["manifest"]) for word in (given, taken) if word["manifest"] is not None]
    differ = compare_papers(*counted) if len(counted) > 1 else ()
    if len(counted) > 1:
        add_sightings(session, giver_counted(session, leg, counted[0], given["by"], f"{row.event_id}/given", now))
    if differ and not found:
        facts = {"findings": ["SIDES_DIFFER"], "papers": [_told(line, row.to_party, now) for line in differ]}
        raise_task(session, leg, TaskKind.DISCREPANCY, now, row.event_id, data=facts)
    return HandedOn(number=row.number, confirmed=True, holder=state.holder, findings=found)


def _told(line: PaperDifference, by: str, now: datetime) -> dict[str, Any]:
    """What the giver has said and the taker has counted of one paper."""
    return {
        "paperNo": None,
        "name": line.name,
        "form": line.form,
        "said": line.expected,
        "counted": line.found,
        "by": by,
        "at": now.isoformat(),
        "where": SightingPlace.HAND_OVER,
    }


def _append(
    session: Session, leg: LegRow, row: HandoverRow, given: dict[str, Any], taken: dict[str, Any], now: datetime
) -> None:
    source, device_id = ScanSource.HANDOVER, f"{HANDOVER_DEVICE}{leg.leg_id}"
    said = select(func.count()).select_from(log.ScanEventRow).filter_by(source=source, device_id=device_id)
    stage = _stage(session, leg, row)
    payload = {
        "eventId": _said_id(leg, row),
        "deviceSeq": (session.scalar(said) or 0) + 1,
        "occurredAt": now.isoformat(),
        "kind": stage.value,
        "code": leg.tracking_no or leg.leg_id,
        "epoch": leg.epoch,
        "sealNo": taken["sealNo"] or given["sealNo"],
        "manifest": taken["manifest"] if taken["manifest"] is not None else given["manifest"],
        "signerKind": SignerKind.HALL.value if stage is ParcelStage.DELIVERED else None,
        "fromParty": row.from_party,
        "toParty": row.to_party,
    }
    entry = {
        "event_id": row.event_id,
        "source": source,
        "device_id": device_id,
        "said_id": payload["eventId"],
        "device_seq": payload["deviceSeq"],
        "leg_id": leg.leg_id,
        "code": payload["code"],
        "kind": stage.value,
        "actor": row.to_party,
        "occurred_at": now,
        "corrected_at": now,
        "recorded_at": now,
        "clock_suspect": False,
        "second_approval": False,
        "natural_key": row.event_id,
        "payload": payload,
        "payload_sha256": content_hash(device_id, payload),
    }
    log.append(session, [entry], [])


def _said_id(leg: LegRow, row: HandoverRow) -> str:
    return f"handover-{leg.leg_id}-{row.number}"


def _stage(session: Session, leg: LegRow, row: HandoverRow) -> ParcelStage:
    """What the parcel has come to by changing hands."""
    if row.to_party == HALL:
        into_our_hall = leg.leg in (Leg.PICKUP, Leg.BACK)
        return ParcelStage.DELIVERED if into_our_hall else ParcelStage.RETURNED
    if row.from_party == HALL:
        return ParcelStage.PICKED_UP
    if row.to_party == CARRIER:
        return ParcelStage.IN_TRANSIT
    if session.get(CourierRow, row.to_party) is not None:
        return ParcelStage.OUT_FOR_DELIVERY if leg.leg == Leg.DELIVERY else ParcelStage.IN_TRANSIT
    return ParcelStage.AT_DEST_OUTLET if leg.leg == Leg.DELIVERY else ParcelStage.AT_OUTLET


def _lines(manifest: list[dict[str, Any]]) -> list[PaperLine]:
    return [PaperLine.model_validate(line) for line in manifest]
