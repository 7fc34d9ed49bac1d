"""Limits of claims (理赔时限): the clerk is told before one ends, the supervisor once it is over."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from domain.claims import ClaimState
from domain.messages import Responsible
from domain.tasks import TaskKind
from domain.troubles import Subject
from storage.base import Database
from storage.parcels.claims import ClaimRow, lock_claim, to_look_at
from storage.parcels.legs import LegRow
from storage.row_isolation import RowIsolation
from storage.tasks.rows import open_task

_AT_ONCE: Final = 200
_THEIRS: Final = frozenset({ClaimState.INQUIRY, ClaimState.ACCEPTED})
"""States in which the carrier owes something: its answer, or the money."""


def watch_claims(database: Database, now: datetime) -> None:
    """Open the tasks that are due by now, each in a transaction of its own; once per limit and kind.

    Raises:
        ExceptionGroup: of RowFailed, at the end, where some could not be written.
    """
    with database.read() as session:
        due = to_look_at(session, now, _AT_ONCE)
    rows = RowIsolation()
    for claim_id, case_no in due:
        with rows.each(Subject(key=claim_id, case_no=case_no)), database.write() as session:
            _tell(session, claim_id, now)
    rows.report()


def _tell(session: Session, claim_id: str, now: datetime) -> None:
    row = lock_claim(session, claim_id)
    if row is None or row.look_at is None or row.due_at is None or row.look_at > now:
        return  # somebody has gone on with it
    over = now > row.due_at
    kind = TaskKind.CLAIM_OVERDUE if over else TaskKind.CLAIM_DUE
    open_task(
        session,
        key=f"{row.claim_id}/{row.version}/{kind}",
        kind=kind,
        now=now,
        case_no=row.case_no,
        handling_no=_handling_no(session, row),
        leg_id=row.leg_id,
        deadline_at=row.due_at,
        data={"claimId": row.claim_id, "state": row.state, "party": _party(row)},
    )
    # A limit that is over is told to the supervisor once; until then he waits for its end.
    row.look_at = None if over else row.due_at


def _party(row: ClaimRow) -> Responsible:
    return Responsible.POST if row.state in _THEIRS else Responsible.WINDOW


def _handling_no(session: Session, row: ClaimRow) -> str | None:
    leg = session.get(LegRow, row.leg_id)
    return leg.handling_no if leg is not None else None
