"""The cached state of a parcel, made from the event log, and what its workflow is told of it.

`project` is the one writer; `rebuild` makes the same from the log alone and says where the cache differs.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import LegEffect
from domain.naming import delivery_workflow_id
from domain.tasks import TaskKind
from domain.terms import INTERREGIONAL_LEGS, Datum, Leg, MaterialForm, ParcelStage, SignerKind
from logistics.custody import FindingKind
from logistics.geo import Point
from logistics.parcels import ParcelState, derive
from logistics.scans import JudgedScan, LegPolicy, PaperLine, ScanEvent, ScanUse, VoidReason
from relay.leg_alarms import raise_alarms
from relay.leg_notes import settle_tasks
from relay.scan_reading import ScanOnWire
from storage.base import Database
from storage.legs import AssignmentRow, CourierRow, LegRow, lock_leg
from storage.scans import ScanEventRow, events_of, pending_proofs
from storage.updates import UpdateRow, queue_update

OWN_DEVICE = "kuayu"
"""The sender of what we say ourselves (relay/own_scans.py): the leg's workflow knows it."""

HANDOVER_DEVICE = "handover-"
"""Prefix of the sender of hand-overs that both sides have confirmed (relay/handover.py): they name the parties."""

_ATTEMPT_FAILED = frozenset({ParcelStage.PICKUP_FAILED, ParcelStage.DELIVERY_FAILED})


def policy_of(leg: LegRow) -> LegPolicy:
    """What this leg needs to count."""
    door = None if leg.lat is None or leg.lon is None else Point(lat=leg.lat, lon=leg.lon, datum=Datum.WGS84)
    others: dict[str, Any] = {}
    if leg.sign_self and leg.leg == Leg.DELIVERY:
        others["signers"] = frozenset({SignerKind.SELF})
    if leg.manifest:
        others["papers"] = tuple(
            PaperLine(name=line["name"], form=MaterialForm(line["form"]), count=line["count"]) for line in leg.manifest
        )
    return LegPolicy.of(Leg(leg.leg), door, **others)


def event_of(row: ScanEventRow, leg: Leg, pending: set[str]) -> ScanEvent:
    """A row of the log as the pure function wants it."""
    said = ScanOnWire.model_validate(row.payload)
    parties = row.payload if row.device_id.startswith(HANDOVER_DEVICE) else {}
    return ScanEvent(
        event_id=row.event_id,
        leg=leg,
        kind=said.kind,
        device_id=row.device_id,
        device_seq=row.device_seq,
        occurred_at=row.corrected_at,
        recorded_at=row.recorded_at,
        epoch=said.epoch,
        actor=row.actor,
        from_party=parties.get("fromParty"),
        to_party=parties.get("toParty"),
        gps=said.gps.fix() if said.gps else None,
        signer_kind=said.signerKind,
        seal_no=said.sealNo,
        manifest=tuple(line.line() for line in said.manifest) if said.manifest is not None else None,
        note=said.note,
        clock_suspect=row.clock_suspect,
        proofs_pending=row.event_id in pending,
        voids=said.voids,
        void_reason=VoidReason.DID_NOT_OCCUR if said.voids else None,
        second_approval=row.second_approval,
        natural_key=row.natural_key,
    )


def state_of(session: Session, leg: LegRow) -> ParcelState:
    """From the log alone."""
    pending = pending_proofs(session, leg.leg_id)
    kind = Leg(leg.leg)
    return derive(policy_of(leg), [event_of(row, kind, pending) for row in events_of(session, leg.leg_id)])


def cached(state: ParcelState) -> dict[str, Any]:
    """The state as it is stored; the scans themselves are in the log."""
    return state.model_dump(mode="json", exclude={"scans"})


def project(session: Session, leg: LegRow, now: datetime) -> ParcelState:
    """Bring a leg, locked by the caller, up to its log; queue an Update for each stage that is new."""
    state = state_of(session, leg)
    before = (leg.stage, leg.epoch)
    _store(leg, state)
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
            session, update_id=update_id, workflow_id=workflow_id, name="scan_effect", argument=effect, now=now
        )
    return state


def rebuild(database: Database) -> list[str]:
    """Derive every leg's state anew from the log; the ids of legs whose cache was wrong, now put right.

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
    if stage is None or scan.event.actor == OWN_DEVICE:
        return None
    if stage is ParcelStage.ARRIVED_DOOR and not scan.verified:
        return None
    differs = stage is ParcelStage.HALL_CHECKED and any(
        finding.kind is FindingKind.PAPERS_DIFFER and finding.event_id == scan.event.event_id
        for finding in state.findings
    )
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
        settle_tasks(session, leg, {TaskKind.TAKE_OVER}, now)
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
