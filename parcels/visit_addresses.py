"""Whether the address of a visit is right (上门地址): which task asks for it, and when somebody has put it right."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from domain.leg_changes import ChangeKind
from domain.tasks import TaskKind
from logistics.parcels import ParcelState
from logistics.promise_facts import found_no_door
from logistics.scans import ScanUse
from parcels.case_entries import leg_task, raise_task
from storage.parcels.leg_changes import last_change
from storage.parcels.legs import LegRow
from storage.tasks.rows import task_of

_FIRST = "1"


def placing_of(session: Session, leg: LegRow) -> str:
    """What tells the task PLACE_ADDRESS about the text that stands now from those about texts before it."""
    changed = last_change(session, leg.leg_id, ChangeKind.ADDRESS) if leg.changes else None
    return _FIRST if changed is None else f"address-{changed.version}"


def ask_for_door(session: Session, leg: LegRow, epoch: int, now: datetime) -> bool:
    """After a visit (`epoch`) that found no such door: have somebody put the address right, asked once.

    False where it is right by now, so that somebody may go.
    """
    asked = task_of(session, leg_task(leg, TaskKind.PLACE_ADDRESS, asked_after(epoch)))
    if asked is None:
        raise_task(session, leg, TaskKind.PLACE_ADDRESS, now, asked_after(epoch))
    return asked is None or asked.resolved_at is None


def corrections_of(session: Session, leg: LegRow, state: ParcelState) -> Mapping[int, datetime]:
    """Attempts that found no such door → when a person, or another address, has settled it."""
    found: dict[int, datetime] = {}
    for scan in state.scans:
        if scan.use is ScanUse.EFFECTIVE and found_no_door(scan):
            task = task_of(session, leg_task(leg, TaskKind.PLACE_ADDRESS, asked_after(scan.epoch)))
            if task is not None and task.resolved_at is not None:
                found[scan.epoch] = task.resolved_at
    return found


def asked_after(epoch: int) -> str:
    """What tells the task apart that a visit to a wrong door opens; `epoch`: of that visit."""
    return f"{epoch + 1}"
