"""What a leg leaves in its case: tasks for people and lines of the history, each once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.matters import End
from domain.tasks import TaskKind
from parcels.telling import tell
from storage.cases.rows import add_event
from storage.parcels.legs import LegRow
from storage.tasks.rows import open_task, settle_kinds


def raise_task(
    session: Session,
    leg: LegRow,
    kind: TaskKind,
    now: datetime,
    what: str,
    data: dict[str, Any] | None = None,
) -> None:
    """Open a task, or add a line to the one that is open of its matter, and a line to the case's history.

    `what`: tells tasks of a kind apart, as in `leg_task`.
    """
    open_task(
        session,
        key=leg_task(leg, kind, what),
        kind=kind,
        case_no=leg.case_no,
        handling_no=leg.handling_no,
        leg_id=leg.leg_id,
        now=now,
        data=data,
    )
    note(session, leg, kind, now, what)


def leg_task(leg: LegRow, kind: TaskKind, what: str) -> str:
    """`{leg id}/{kind}/{what}`, the key of a task about a leg."""
    return f"{leg.leg_id}/{kind}/{what}"


def settle_tasks(session: Session, leg: LegRow, kinds: Iterable[TaskKind], now: datetime, end: End) -> None:
    """Settle the open tasks of these kinds about the leg; `end` says why nobody needs to act any more."""
    settle_kinds(session, kinds, now, end, leg_id=leg.leg_id)


def note(session: Session, leg: LegRow, kind: str, now: datetime, what: str = "") -> None:
    """One line of the history of the leg's case, under `{leg id}/{kind}/{what}`; `what` "": the attempt.

    The applicant is told of it under the same key, where it is one of the moments that are told.
    """
    key = f"{leg.leg_id}/{kind}/{what or leg.epoch}"
    add_event(
        session,
        case_no=leg.case_no,
        key=key,
        kind=kind,
        at=now,
        now=now,
        actor="workflow",
        handling_no=leg.handling_no,
        data={"leg": leg.leg, "legId": leg.leg_id},
    )
    tell(session, leg, kind, key, now)
