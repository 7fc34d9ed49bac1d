"""Tasks as rows: opened once per key, resolved once, told to the case or leg that waits for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind, task_id
from storage.base import Base


class TaskRow(Base):
    """A task. `key` makes opening it twice harmless."""

    __tablename__ = "task"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    owner: Mapped[str] = mapped_column(String(16), index=True)
    case_no: Mapped[str | None] = mapped_column(String(21), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(21))
    leg_id: Mapped[str | None] = mapped_column(String(48), index=True)
    data: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str | None]
    resolved_by: Mapped[str | None] = mapped_column(String(64))
    delivered: Mapped[bool] = mapped_column(default=True)  # False: the case or leg must still be told


def open_task(
    session: Session,
    *,
    key: str,
    kind: TaskKind,
    now: datetime,
    case_no: str | None = None,
    handling_no: str | None = None,
    leg_id: str | None = None,
    deadline_at: datetime | None = None,
    data: dict[str, Any] | None = None,
) -> str:
    """Open a task once per key; returns its id."""
    known = session.scalar(select(TaskRow.id).filter_by(key=key))
    if known is not None:
        return known
    row = TaskRow(
        id=task_id(key),
        key=key,
        kind=kind,
        owner=RULES[kind][1],
        case_no=case_no,
        handling_no=handling_no,
        leg_id=leg_id,
        data=data or {},
        opened_at=now,
        deadline_at=deadline_at,
    )
    session.add(row)
    session.flush()
    return row.id


def settle_task(session: Session, key: str, now: datetime) -> None:
    """The matter has settled itself; nobody needs to act any more."""
    row = session.scalar(select(TaskRow).filter_by(key=key, resolved_at=None))
    if row is not None:
        row.resolved_at, row.outcome, row.resolved_by = now, TaskOutcome.ACKNOWLEDGE, "workflow"
