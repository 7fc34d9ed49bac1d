"""What can't enter the log: kept as evidence; a device that contradicts itself becomes a task, and so does our fault.

A scan that meets a sequence or an id that its device has used already may be the only true one of the two: somebody
else may have spoken for the device. One task per device and day names it and says how many.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from partners.standards import CHINA
from storage.parcels.scans import quarantine
from storage.tasks.rows import TaskRow, open_task

_A_DAY = 100  # how often one device's is opened again on the day on which it was resolved
ASKED_ABOUT = frozenset({"CHANGED", "SEQUENCE_USED", "FAULT"})


def set_aside(session: Session, device_id: str, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    """Keep these rows, the same content once. The caller holds the lock of the device's row."""
    fresh = [row for row in quarantine(session, list(rows)) if row["reason"] in ASKED_ABOUT]
    if fresh:
        _open_or_count(session, device_id, len(fresh), now)


def _open_or_count(session: Session, device_id: str, count: int, now: datetime) -> None:
    day = now.astimezone(CHINA).date().isoformat()
    key = f"scans-aside/{device_id}/{day}"
    of_today = TaskRow.key.in_([f"{key}/{number}" for number in range(1, _A_DAY + 1)])
    known = session.scalar(select(TaskRow).where(of_today, TaskRow.resolved_at.is_(None)))
    if known is not None:
        known.data = {**known.data, "count": known.data["count"] + count}
        return
    done = session.scalar(select(func.count()).select_from(TaskRow).where(of_today)) or 0
    data = {"deviceId": device_id, "day": day, "count": count}
    open_task(session, key=f"{key}/{done + 1}", kind=TaskKind.SCANS_SET_ASIDE, now=now, data=data)
