"""The cached state of a parcel, made from the event log, and the Updates that its workflow gets of it.

`project` is the one writer; `rebuild` makes the same from the log alone and says where the cache differs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.matters import End
from domain.messages import LegEffect
from domain.naming import LegUpdate, delivery_workflow_id
from domain.tasks import TaskKind
from domain.terms import INTERREGIONAL_LEGS, Datum, Leg, MaterialForm, ParcelStage, ScanSource, SignerKind
from logistics.custody import FindingKind
from logistics.geo import Point
from logistics.parcels import ParcelState, derive
from logistics.scans import JudgedScan, LegPolicy, PaperLine, ScanEvent, ScanUse, VoidReason
from parcels.alarms import raise_alarms
from parcels.case_entries import settle_tasks
from parcels.paper_differences import raise_short, stops_the_case, tell_the_case
from parcels.paper_trail import follow
from parcels.scan_parsing import JUMPED, LABEL_WRONG, ScanOnWire
from storage.base import Database
from storage.parcels.code_checks import unproved
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow, lock_leg
from storage.parcels.scans import ScanEventRow, events_of, log_id
from storage.pending_updates import UpdateRow, queue_update

OWN_DEVICE = "kuayu"
"""The sender of what we say ourselves (parcels/own_entries.py): the leg's workflow knows it."""

HANDOVER_DEVICE = "handover-"
"""Prefix of the sender of hand-overs that both sides have confirmed (parcels/handover.py)."""

_ATTEMPT_FAILED = frozenset({ParcelStage.PICKUP_FAILED, ParcelStage.DELIVERY_FAILED})


def policy_of(leg: LegRow) -> LegPolicy:
    """What this leg needs to count: its door, who may sign, its list of papers."""
    door = None if leg.lat is None or leg.lon is None else Point(lat=leg.lat, lon=leg.lon, datum=Datum.WGS84)
    others: dict[str, Any] = {}
    if leg.sign_self and leg.leg == Leg.DELIVERY:
        others["signers"] = frozenset({SignerKind.SELF})
    if leg.manifest:
        others["papers"] = tuple(
            PaperLine(name=line["name"], form=MaterialForm(line["form"]), count=line["count"]) for line in leg.manifest
        )
    return LegPolicy.of(Leg(leg.leg), door, **others)


def event_of(row: ScanEventRow, leg: Leg, pending: set[str], voids: str | None) -> ScanEvent:
    """A row of the log as `logistics.parcels.derive` wants it.

    `pending`: ids of events that prove nothing yet, for want of a proof or a right code.
    `voids`: id of the line that it takes back.
    """
    said = ScanOnWire.model_validate(row.payload)
    parties = row.payload if row.source == ScanSource.HANDOVER else {}
    return ScanEvent(
        event_id=row.event_id,
        leg=leg,
        kind=said.kind,
        source=ScanSource(row.source),
        device_id=row.device_id,
        device_seq=row.device_seq,
        occurred_at=row.corrected_at,
        recorded_at=row.recorded_at,
        epoch=said.epoch,
        actor=row.actor,
        login=row.login,
        from_party=parties.get("fromParty"),
        to_party=parties.get("toParty"),
        gps=said.gps.fix() if said.gps else None,
        signer_kind=said.signerKind,
        seal_no=said.sealNo,
        manifest=tuple(line.line() for line in said.manifest) if said.manifest is not None else None,
        note=said.note,
        clock_suspect=row.clock_suspect,
        proofs_pending=row.event_id in pending,
        label_wrong=row.payload.get(LABEL_WRONG) is True,
        jumped=row.payload.get(JUMPED) is True,
        voids=voids if said.voids else None,
        void_reason=VoidReason.DID_NOT_OCCUR if said.voids else None,
        second_approval=row.second_approval,
        natural_key=row.natural_key,
    )


def state_of(session: Session, leg: LegRow) -> ParcelState:
    """The state of a leg as its log gives it; the cache is not looked at."""
    pending = unproved(session, leg.leg_id)
    kind, rows = Leg(leg.leg), events_of(session, leg.leg_id)
    return derive(policy_of(leg), [event_of(row, kind, pending, _voided_by(row, rows)) for row in rows])


def _voided_by(row: ScanEventRow, rows: Sequence[ScanEventRow]) -> str | None:
    """The line that a VOID takes back: as was known when it came, else its own device's with that id, else the first.

    None has come yet: the id that its own device's would have, so that the two may come in any order.
    """
    said = row.payload.get("voids")
    if said is None or row.voids_id is not None:
        return row.voids_id
    named = [other for other in rows if other.said_id == said]
    own = [other for other in named if (other.source, other.device_id) == (row.source, row.device_id)]
    first = min(own or named, key=lambda other: (other.recorded_at, other.event_id), default=None)
    return first.event_id if first is not None else log_id(ScanSource.DEVICE, row.device_id, said)


def cached(state: ParcelState) -> dict[str, Any]:
    """The state as it is stored with the leg, as JSON; the scans themselves are in the log."""
    return state.model_dump(mode="json", exclude={"scans"})


def project(session: Session, leg: LegRow, now: datetime) -> ParcelState:
    """Bring a leg, locked by the caller, up to its log: cache, alarms, and one Update for each stage that is new.

    Update `scan_effect`, id `{leg id}-{epoch}-{stage}` (decisions.md 6). Returns the state.
    """
    state = state_of(session, leg)
    before, held, counted = (leg.stage, leg.epoch), _hands(leg), leg.state.get("counts")
    _store(leg, state)
    if held != _hands(leg):
        papers = follow(session, leg.case_no, now, leg)
        if papers and stops_the_case(session, leg):
            raise_short(session, leg, papers, now)
        if papers and counted != leg.state.get("counts"):
            tell_the_case(session, leg, now)
    if state.side not in _ATTEMPT_FAILED:
        _follow_the_scan(session, leg, state, now)
    elif before != (leg.stage, leg.epoch):  # nobody goes again before it is decided who, and whether
        leg.courier_id, leg.planned_arrival_at = None, None
    raise_alarms(session, leg, state, now)
    workflow_id = delivery_workflow_id(leg.leg_id)
    told = set(session.scalars(select(UpdateRow.update_id).filter_by(workflow_id=workflow_id)))
    for scan in state.scans:
        effect = _effect(leg, state, scan)
        update_id = f"{leg.leg_id}-{effect.epoch}-{effect.stage}" if effect else None
        if effect is None or update_id is None or update_id in told:
            continue
        told.add(update_id)
        queue_update(
            session, update_id=update_id, workflow_id=workflow_id, name=LegUpdate.SCAN_EFFECT, argument=effect, now=now
        )
    return state


def _hands(leg: LegRow) -> tuple[Any, ...]:
    """What the places and counts of the papers in it follow from."""
    return leg.stage, leg.state.get("holder"), leg.state.get("counts")


def effects_of(session: Session, leg: LegRow) -> tuple[LegEffect, ...]:
    """Every effect that the leg's scans have had so far, one per epoch and stage, in order."""
    state = state_of(session, leg)
    found = [effect for scan in state.scans if (effect := _effect(leg, state, scan)) is not None]
    return tuple({(effect.epoch, effect.stage): effect for effect in reversed(found)}.values())[::-1]


def rebuild(database: Database) -> list[str]:
    """Derive every leg's state anew from the log; returns the ids of legs whose cache was wrong, now put right.

    May be run at any time: each leg is locked for itself.
    """
    with database.read() as session:
        leg_ids = list(session.scalars(select(LegRow.leg_id).order_by(LegRow.leg_id)))
    wrong = []
    for leg_id in leg_ids:
        with database.write() as session:
            leg = lock_leg(session, leg_id)
            if leg is None:
                continue
            if not leg.state and not events_of(session, leg_id):
                continue  # nothing was ever scanned: as it was ordered
            before = _cache_of(leg)
            _store(leg, state_of(session, leg))
            if before != _cache_of(leg):
                wrong.append(leg_id)
                follow(session, leg.case_no, leg.ordered_at)  # places and counts alone: no time is written
    return wrong


def _cache_of(leg: LegRow) -> tuple[Any, ...]:
    """Everything of a leg that only its log says."""
    return leg.state, leg.stage, leg.epoch, leg.seal_no, leg.arrived_at


def _store(leg: LegRow, state: ParcelState) -> None:
    leg.state = cached(state)
    leg.stage = state.status
    # The next scan of the courier belongs to the next attempt once this one has failed.
    leg.epoch = state.epoch + (1 if state.side in _ATTEMPT_FAILED else 0)
    leg.seal_no = state.seal_no or leg.seal_no
    arrived = state.arrived_door
    leg.arrived_at = arrived.at if arrived and arrived.verified else None


def _effect(leg: LegRow, state: ParcelState, scan: JudgedScan) -> LegEffect | None:
    """What the workflow is to hear of one scan; None for what has no effect."""
    stage = _comes_to(scan)
    if stage is None or scan.event.source is ScanSource.OWN:
        return None
    if stage is ParcelStage.ARRIVED_DOOR and not scan.verified:
        return None
    differs = stage is ParcelStage.HALL_CHECKED and _differs(state, scan)
    spoilt = stage in (ParcelStage.DAMAGED, ParcelStage.LOST) and state.leg in INTERREGIONAL_LEGS
    return LegEffect(
        leg_id=leg.leg_id,
        epoch=scan.epoch,
        stage=stage,
        occurred_at=scan.at,
        signer_kind=scan.event.signer_kind,
        verified=scan.verified,
        discrepancy=differs or spoilt,
    )


def _differs(state: ParcelState, check: JudgedScan) -> bool:
    """Whether the last count up to a hall's check was not as listed; a check may rely on who has counted before."""
    differing = {finding.event_id for finding in state.findings if finding.kind is FindingKind.PAPERS_DIFFER}
    counted = [count.event_id for count in state.counts if count.at <= check.at]
    return bool(counted) and counted[-1] in differing


def _comes_to(scan: JudgedScan) -> ParcelStage | None:
    """The stage that a scan proves; a delivery to one who may not sign leaves the parcel waiting for one who may."""
    if scan.use is ScanUse.SIGNER_SHORT:
        locker = scan.event.signer_kind is SignerKind.LOCKER
        return ParcelStage.AWAITING_COLLECTION if locker else ParcelStage.ON_HOLD
    return scan.event.stage if scan.use is ScanUse.EFFECTIVE else None


def _follow_the_scan(session: Session, leg: LegRow, state: ParcelState, now: datetime) -> None:
    """Scan beats assignment: who holds the parcel carries it, whoever was to (courier.md §7)."""
    holder = session.get(CourierRow, state.holder) if state.holder else None
    if holder is None or holder.courier_id == leg.courier_id or state.terminal:
        return
    if holder.off_since is None:
        settle_tasks(session, leg, {TaskKind.TAKE_OVER}, now, End.MOVED_ON)
    leg.courier_id = holder.courier_id
    leg.assignment_version += 1
    for earlier in session.scalars(select(AssignmentRow).filter_by(leg_id=leg.leg_id, active=True)):
        earlier.active = False
    session.add(
        AssignmentRow(
            leg_id=leg.leg_id,
            version=leg.assignment_version,
            courier_id=holder.courier_id,
            outlet_id=holder.outlet_id,
            planned_arrival_at=leg.planned_arrival_at or now,
            reason="SCAN",
            at=now,
        )
    )
