"""What a leg leaves in its case: tasks for people and lines of the history, each once."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from storage.cases import add_event
from storage.legs import LegRow
from storage.tasks import open_task


def raise_task(session: Session, leg: LegRow, kind: TaskKind, now: datetime, what: str, key: str | None = None) -> None:
    """Open a task once per matter, and say so in the case's history. `key` where others settle it."""
    open_task(
        session,
        key=key or f"{leg.leg_id}/{kind}/{what}",
        kind=kind,
        case_no=leg.case_no,
        handling_no=leg.handling_no,
        leg_id=leg.leg_id,
        now=now,
    )
    note(session, leg, kind, now, what)


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
