"""What a leg leaves in its case: tasks for people and lines of the history, each once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from storage.cases import add_event
from storage.legs import LegRow
from storage.tasks import TaskRow, open_task, settle_task


def raise_task(
    session: Session,
    leg: LegRow,
    kind: TaskKind,
    now: datetime,
    what: str,
    key: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Open a task once per matter, and say so in the case's history. `key` where others settle it."""
    open_task(
        session,
        key=key or f"{leg.leg_id}/{kind}/{what}",
        kind=kind,
        case_no=leg.case_no,
        handling_no=leg.handling_no,
        leg_id=leg.leg_id,
        now=now,
        data=data,
    )
    note(session, leg, kind, now, what)


def settle_tasks(session: Session, leg: LegRow, kinds: Iterable[TaskKind], now: datetime) -> None:
    """What the parcel itself has settled: nobody needs to act any more."""
    query = select(TaskRow.key).where(TaskRow.leg_id == leg.leg_id, TaskRow.kind.in_(list(kinds)))
    for key in session.scalars(query.where(TaskRow.resolved_at.is_(None))).all():
        settle_task(session, key, now)


def note(session: Session, leg: LegRow, kind: str, now: datetime, what: str = "") -> None:
    """One line of the history of the leg's case, once per kind and matter (by default the attempt)."""
    add_event(
        session,
        case_no=leg.case_no,
        key=f"{leg.leg_id}/{kind}/{what or leg.epoch}",
        kind=kind,
        at=now,
        now=now,
        actor="workflow",
        handling_no=leg.handling_no,
        data={"leg": leg.leg, "legId": leg.leg_id},
    )
