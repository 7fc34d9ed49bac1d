"""What the log of a parcel says and a person must see (寄递异常): raised in the transaction that learned it.

Nothing here waits for a workflow: a leg may be over when its scans come, and a gap is raised at once
(courier.md §3 "Custody"). What the parcel settles by itself is settled.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.matters import End, ending_by
from domain.messages import LegOutcome
from domain.tasks import TaskKind
from domain.terms import Leg, ParcelStage
from logistics.custody import CUSTODY_FINDINGS, FindingKind
from logistics.parcels import ParcelState
from logistics.promise_facts import found_no_door
from logistics.scans import FailureReason, ScanUse
from logistics.wording import failure_of
from parcels.case_entries import leg_task, raise_task, settle_tasks
from parcels.paper_differences import lines_that_differ, stops_the_case
from parcels.visit_addresses import ask_for_door, asked_after
from storage.parcels.legs import LegRow
from storage.tasks.rows import settle_task

_S = ParcelStage
_OVER_AT_HOME = ending_by(End.AT_HOME)
"""Settled once the parcel is where it belongs: with who may sign, or back."""
_FAILED = frozenset({_S.PICKUP_FAILED, _S.DELIVERY_FAILED})
_OVER_AT_THE_DOOR = frozenset({TaskKind.DELIVERY_FAILED, TaskKind.PLACE_ADDRESS})
"""Settled once the papers were fetched after all, whoever was still to decide."""


def raise_alarms(session: Session, leg: LegRow, state: ParcelState, now: datetime) -> None:
    """Open a task for what is wrong now, each once, and settle those that are over.

    The leg is locked by the caller; tasks and scans are in one transaction.
    """
    _taken_back(session, leg, state, now)
    _lost_or_found(session, leg, state, now)
    _one_hand(session, leg, state, now)
    if state.damaged:  # delivered all the same, perhaps: the stage alone would hide it
        raise_task(session, leg, TaskKind.PARCEL_DAMAGED, now, "damaged")
    for event_id, kinds in _discrepancies(state, stops_the_case(session, leg)).items():
        facts: dict[str, Any] = {"findings": kinds}
        if FindingKind.PAPERS_DIFFER in kinds:
            facts["papers"] = lines_that_differ(leg, event_id)
        raise_task(session, leg, TaskKind.DISCREPANCY, now, event_id, data=facts)
    if (state.stage.rank or 0) >= (_S.DELIVERED.rank or 0):
        settle_tasks(session, leg, ending_by(End.ARRIVED), now, End.ARRIVED)
    if state.complete or state.side is _S.RETURNED:
        settle_tasks(session, leg, _OVER_AT_HOME, now, End.AT_HOME)
        return
    if state.leg is Leg.PICKUP and state.picked_up is not None and state.side is None:
        settle_tasks(session, leg, _OVER_AT_THE_DOOR, now, End.MOVED_ON)
    if state.side in _FAILED and failure_of(state) is FailureReason.WRONG_ADDRESS:
        ask_for_door(session, leg, state.epoch, now)
    for event_id in _waiting(state):
        raise_task(session, leg, TaskKind.DELIVERY_FAILED, now, event_id)
    if state.return_required or state.side is _S.RETURNING:
        raise_task(session, leg, TaskKind.RETURN_REQUIRED, now, f"{state.epoch}")


def _taken_back(session: Session, leg: LegRow, state: ParcelState, now: datetime) -> None:
    """A correction has voided the scan that a task is about."""
    for scan in state.scans:
        if scan.use is not ScanUse.VOIDED:
            continue
        for kind in (TaskKind.DISCREPANCY, TaskKind.PAPERS_SHORT, TaskKind.DELIVERY_FAILED, TaskKind.SAME_PERSON):
            settle_task(session, leg_task(leg, kind, scan.event.event_id), now, End.VOIDED)
        if found_no_door(scan):
            settle_task(session, leg_task(leg, TaskKind.PLACE_ADDRESS, asked_after(scan.epoch)), now, End.VOIDED)
        if scan.event.stage is _S.DAMAGED and not state.damaged:
            settle_tasks(session, leg, {TaskKind.PARCEL_DAMAGED}, now, End.VOIDED)


def _one_hand(session: Session, leg: LegRow, state: ParcelState, now: datetime) -> None:
    """A check by the very login that has brought the parcel waits for somebody else's."""
    waits = [finding.event_id for finding in state.findings if finding.kind is FindingKind.SAME_PERSON]
    for event_id in waits:
        raise_task(session, leg, TaskKind.SAME_PERSON, now, str(event_id))
    for scan in state.scans:
        if scan.event.stage is _S.HALL_CHECKED and scan.event.event_id not in waits:
            settle_task(session, leg_task(leg, TaskKind.SAME_PERSON, scan.event.event_id), now, End.SECOND_PERSON)


def _lost_or_found(session: Session, leg: LegRow, state: ParcelState, now: datetime) -> None:
    if state.status is _S.LOST:
        raise_task(session, leg, TaskKind.PARCEL_LOST, now, f"{state.epoch}")
        return
    if any(scan.event.stage is _S.LOST for scan in state.scans):
        settle_tasks(session, leg, ending_by(End.FOUND), now, End.FOUND)
    if leg.outcome == LegOutcome.LOST:  # a person had given up the search, and here it is
        raise_task(session, leg, TaskKind.PARCEL_FOUND, now, f"{state.epoch}")


def _discrepancies(state: ParcelState, stops: bool) -> dict[str, list[str]]:
    """Event id → what a person must compare with the list before the parcel goes on.

    `stops`: counts of this leg stop the case, and have a task of their own (`parcels.paper_differences`).
    """
    found: dict[str, list[str]] = {}
    for finding in state.findings:
        if finding.kind in CUSTODY_FINDINGS and not (stops and finding.kind is FindingKind.PAPERS_DIFFER):
            found.setdefault(str(finding.event_id), []).append(finding.kind)
    return found


def _waiting(state: ParcelState) -> list[str]:
    """Scans after which the parcel waits for one who may sign, or to be collected."""
    waits = [finding.event_id for finding in state.findings if finding.kind is FindingKind.SIGNER_SHORT]
    if state.side is _S.AWAITING_COLLECTION:
        waits += [
            scan.event.event_id
            for scan in state.scans
            if scan.use is ScanUse.EFFECTIVE and scan.event.stage is _S.AWAITING_COLLECTION
        ]
    return [event_id for event_id in waits if event_id is not None]
