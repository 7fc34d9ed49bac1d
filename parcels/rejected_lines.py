"""What can't enter the log: kept as evidence; a device that contradicts itself becomes a task, and so does our fault.

A scan that meets a sequence or an id that its device has used already may be the only true one of the two: somebody
else may have spoken for the device. One task per device and day names it and says how many.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from parcels.device_tasks import open_or_count
from storage.parcels.scans import quarantine

ASKED_ABOUT = frozenset({"CHANGED", "SEQUENCE_USED", "FAULT"})


def set_aside(session: Session, device_id: str, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    """Keep these rows, the same content once. The caller holds the lock of the device's row."""
    fresh = [row for row in quarantine(session, list(rows)) if row["reason"] in ASKED_ABOUT]
    if fresh:
        open_or_count(session, TaskKind.SCANS_SET_ASIDE, "scans-aside", device_id, len(fresh), now)
