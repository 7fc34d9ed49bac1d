"""Hand-over codes as they come with scans (交接码): judged on upload, and what follows from a wrong one.

A wrong code loses no scan and is never silently fine: the scan proves nothing, the device is told, a person is asked.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from domain.matters import End
from domain.tasks import TaskKind
from parcels.case_entries import raise_task, settle_tasks
from parcels.scan_batch import Batch
from parcels.scan_verdicts import Code
from storage.parcels.code_checks import CodeCheck, HandoverKeys, check, check_waiting, checks_of, handing_of
from storage.parcels.legs import LegRow, lock_leg


def judge_typed(session: Session, keys: HandoverKeys, batch: Batch, now: datetime) -> tuple[dict[str, Code], list[str]]:
    """Judge the codes of a batch before its scans have any effect.

    Returns what the person who scans should read, by id in the log, and the legs about which a code was said.
    """
    wrong: dict[str, Code] = {}
    legs: set[str] = set()
    for event_id, (number, typed) in batch.typed.items():
        leg = batch.leg_by_number(number)
        verdict = check(session, keys, handing_of(leg) if leg is not None else None, event_id, typed, now)
        if leg is not None:
            legs.add(leg.leg_id)
        if verdict in (CodeCheck.WRONG, CodeCheck.TOO_MANY):
            wrong[event_id] = Code.CODE_WRONG
    return wrong, sorted(legs)


def judge_late(session: Session, keys: HandoverKeys, legs: dict[str, LegRow], now: datetime) -> list[str]:
    """Judge codes of scans that have found their leg only now; `legs`: id in the log → leg. Returns their legs."""
    return sorted(set(check_waiting(session, keys, legs, now)))


def raise_doubts(session: Session, leg_ids: Iterable[str], now: datetime) -> None:
    """Ask a person about each wrong code of these legs; a right one that came since in the same attempt closes it."""
    for leg_id in leg_ids:
        leg = lock_leg(session, leg_id)
        if leg is None:
            continue
        checks = checks_of(session, [leg_id])
        for row in checks:
            if row.doubted:
                facts = {"attempt": row.epoch, "tries": sum(1 for other in checks if other.epoch == row.epoch)}
                raise_task(session, leg, TaskKind.CODE_WRONG, now, row.event_id, data=facts)
        if checks and not any(row.doubted for row in checks):
            settle_tasks(session, leg, {TaskKind.CODE_WRONG}, now, End.CODE_RIGHT)
