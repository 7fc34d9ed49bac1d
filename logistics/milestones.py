"""When a parcel reached what (时间节点): proved, said, or only implied by a later scan, courier.md §3."""

from datetime import datetime

from domain.model import Frozen
from domain.terms import PARCEL_RANK, ParcelStage
from logistics.scans import FailureReason, JudgedScan, ScanUse
from logistics.stages import IMPLIED_RANK

S = ParcelStage


class Milestone(Frozen):
    """When a stage was reached. `at` None: inferred, known only to be not after `not_after`.

    `recorded_at` is when the server learned of it: later than a deadline, it was a late upload.
    """

    stage: ParcelStage
    epoch: int
    at: datetime | None
    not_after: datetime
    recorded_at: datetime
    event_id: str
    verified: bool
    inferred: bool = False
    proofs_pending: bool = False


def first(effective: list[JudgedScan], stage: ParcelStage) -> Milestone | None:
    """The first time that a stage was reached."""
    return next((_milestone(stage, scan) for scan in effective if scan.event.stage is stage), None)


def of_last_attempt(effective: list[JudgedScan], stage: ParcelStage) -> Milestone | None:
    """When it was reached in the last attempt that reached it."""
    found = [scan for scan in effective if scan.event.stage is stage]
    return _milestone(stage, max(found, key=lambda scan: scan.epoch)) if found else None


def arrival(effective: list[JudgedScan]) -> Milestone | None:
    """The first arrival that is proved, else the first one said. A door that was found to be the wrong one is none."""
    wrong = {scan.epoch for scan in effective if scan.event.note == FailureReason.WRONG_ADDRESS}
    arrivals = [scan for scan in effective if scan.event.stage is S.ARRIVED_DOOR and scan.epoch not in wrong]
    proved = [scan for scan in arrivals if scan.verified]
    return _milestone(S.ARRIVED_DOOR, (proved or arrivals)[0]) if arrivals else None


def pickup(scans: list[JudgedScan]) -> Milestone | None:
    """The pickup scan; without one, what a later scan implies: no time of its own, never verified."""
    known = [scan for scan in scans if scan.use in (ScanUse.EFFECTIVE, ScanUse.SIGNER_SHORT)]
    for scan in known:
        if scan.event.stage is S.PICKED_UP:
            return _milestone(S.PICKED_UP, scan)
    for scan in known:
        stage = scan.event.stage
        if stage and (PARCEL_RANK.get(stage) or IMPLIED_RANK.get(stage, 0)) >= PARCEL_RANK[S.PICKED_UP]:
            found = _milestone(S.PICKED_UP, scan)
            return found.model_copy(update={"at": None, "verified": False, "inferred": True})
    return None


def _milestone(stage: ParcelStage, scan: JudgedScan) -> Milestone:
    event = scan.event
    return Milestone(
        stage=stage,
        epoch=scan.epoch,
        at=scan.at,
        not_after=scan.at,
        recorded_at=event.recorded_at,
        event_id=event.event_id,
        verified=scan.verified,
        proofs_pending=event.proofs_pending,
    )
