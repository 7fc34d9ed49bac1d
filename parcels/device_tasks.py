"""One task per device and day (设备待办): it names the device and says how many of its scans it is about."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from partners.standards import CHINA
from storage.tasks.rows import TaskRow, open_task

_A_DAY = 100  # how often one device's is opened again on the day on which it was resolved


def open_or_count(session: Session, kind: TaskKind, about: str, device_id: str, count: int, now: datetime) -> None:
    """Open the task of today, or add to it while it is open. `about`: what its key begins with.

    The caller holds the lock of the device's row.
    """
    day = now.astimezone(CHINA).date().isoformat()
    key = f"{about}/{device_id}/{day}"
    of_today = TaskRow.key.in_([f"{key}/{number}" for number in range(1, _A_DAY + 1)])
    known = session.scalar(select(TaskRow).where(of_today, TaskRow.resolved_at.is_(None)))
    if known is not None:
        known.data = {**known.data, "count": known.data["count"] + count}
        return
    done = session.scalar(select(func.count()).select_from(TaskRow).where(of_today)) or 0
    data = {"deviceId": device_id, "day": day, "count": count}
    open_task(session, key=f"{key}/{done + 1}", kind=kind, now=now, data=data)
