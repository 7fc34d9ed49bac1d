"""What a quarter's figures are worked out from: narrow rows out of indexes of their own, no whole row and no document.

Conditions that an index has stand as text in the query too (see `storage.work_lists`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, func, select, text
from sqlalchemy.orm import Session

from domain.messages import DeadlineKind, LegOutcome
from domain.terms import CaseStatus, Leg, WireEvent
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow
from storage.keyset import AnyRow, Condition, partial_index
from storage.parcels.legs import LegRow

ACCEPTED: Final = (WireEvent.ACCEPTED, WireEvent.REVIEWING)
DECIDED: Final = (CaseStatus.APPROVED, CaseStatus.REJECTED, CaseStatus.NOT_ACCEPTED)
HANDED_OVER: Final = "HANDED_OVER"

_AT_ONCE: Final = 2_000

_TOLD: Final = (*ACCEPTED, WireEvent.SUSPENDED, WireEvent.RESUMED, *DECIDED, HANDED_OVER)
_STEP: Final = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in _TOLD))
_PROMISED: Final = f"kind = '{DeadlineKind.DECISION_PROMISED}'"
_FETCHED: Final = f"leg = '{Leg.PICKUP}' AND outcome = '{LegOutcome.DELIVERED}'"
_JUDGED_DOOR: Final = f"leg IN ('{Leg.PICKUP}', '{Leg.DELIVERY}') AND verdict IS NOT NULL"
DOOR_WITH_VERDICT: Final[Condition] = text(_JUDGED_DOOR)
"""Of a leg: to or from a door, promised, and its promise has been looked at."""

_OF_CASE: Final = (
    CaseRow.case_no,
    CaseRow.mode,
    CaseRow.status,
    CaseRow.channel,
    CaseRow.decided_at,
    CaseRow.closed_at,
    CaseRow.time_scale,
    CaseRow.item_kind,
    CaseRow.statutory_days,
    CaseRow.promised_days,
    CaseRow.result_form,
    CaseRow.rated_score,
    CaseRow.rated_side,
    CaseRow.rated_rework,
)

Index("ix_case_file_figures", CaseRow.registered_at, *_OF_CASE, CaseRow.item_code)
partial_index(
    "ix_case_event_figures",
    CaseEventRow.case_no,
    CaseEventRow.id,
    CaseEventRow.handling_no,
    CaseEventRow.kind,
    CaseEventRow.at,
    where=_STEP,
)
partial_index(
    "ix_deadline_promised",
    DeadlineRow.case_no,
    DeadlineRow.id,
    DeadlineRow.handling_no,
    DeadlineRow.due_at,
    DeadlineRow.stopped_at,
    where=_PROMISED,
)
partial_index("ix_leg_fetched", LegRow.case_no, where=_FETCHED)
partial_index("ix_leg_door", LegRow.verdict, LegRow.ordered_at, LegRow.case_no, where=_JUDGED_DOOR)


def registered_cases(session: Session, since: datetime, until: datetime, now: datetime) -> Iterator[AnyRow]:
    """What the figures ask of each case that was registered from `since` on and before `until`, one row for a case.

    Columns of `CaseRow`, and what one handling's lines come to: `handlings` (how many), `scheme` (of one of them),
    `told` (lines of acceptance, decision and special procedures), `accepted_at` and `ended_at` (the first of each),
    `handed_over`, `fetched` (a courier has brought the papers from the door), `clocks` (promised ones), `clock_ended`
    (stopped, or due by `now`) and `clock_in_time` (stopped before its end).
    """
    within = (CaseRow.registered_at >= since, CaseRow.registered_at < until)
    rows = session.execute(select(*_OF_CASE, *_beside(now)).where(*within), execution_options={"yield_per": _AT_ONCE})
    return iter(rows)


def _beside(now: datetime) -> Iterator[ColumnElement[Any]]:
    """One search in an index each: a case has few lines, and as joined rows they would all be carried here."""
    own_handlings = (HandlingRow.case_no == CaseRow.case_no,)
    own_steps = (text(_STEP), CaseEventRow.case_no == CaseRow.case_no)
    own_clocks = (text(_PROMISED), DeadlineRow.case_no == CaseRow.case_no)
    own_legs = (text(_FETCHED), LegRow.case_no == CaseRow.case_no)
    handed_over = CaseEventRow.kind == HANDED_OVER
    accepted = CaseEventRow.kind.in_(ACCEPTED)
    decided = CaseEventRow.kind.in_(DECIDED)
    read = {
        "handlings": select(func.count()).select_from(HandlingRow).where(*own_handlings),
        "scheme": select(func.min(HandlingRow.scheme)).where(*own_handlings),
        "told": select(func.count()).select_from(CaseEventRow).where(*own_steps, ~handed_over),
        "accepted_at": select(func.min(CaseEventRow.at)).where(*own_steps, accepted),
        "ended_at": select(func.min(CaseEventRow.at)).where(*own_steps, decided),
        "handed_over": select(func.count()).select_from(CaseEventRow).where(*own_steps, handed_over),
        "fetched": select(func.count()).select_from(LegRow).where(*own_legs),
        "clocks": select(func.count()).select_from(DeadlineRow).where(*own_clocks),
        "clock_ended": select(func.count()).select_from(DeadlineRow).where(*own_clocks, _ended(now)),
        "clock_in_time": select(func.count()).select_from(DeadlineRow).where(*own_clocks, _in_time()),
    }
    return (query.scalar_subquery().label(name) for name, query in read.items())


def _ended(now: datetime) -> ColumnElement[bool]:
    return DeadlineRow.stopped_at.is_not(None) | (DeadlineRow.due_at <= now)


def _in_time() -> ColumnElement[bool]:
    return DeadlineRow.stopped_at <= DeadlineRow.due_at


def schemes_of(session: Session, numbers: Collection[str]) -> Sequence[AnyRow]:
    """(case_no, scheme) of each handling of these cases."""
    handlings = select(HandlingRow.case_no, HandlingRow.scheme)
    return session.execute(handlings.where(HandlingRow.case_no.in_(numbers))).all()


def steps_of(session: Session, numbers: Collection[str]) -> Sequence[AnyRow]:
    """(case_no, handling_no, kind, at) of the lines that count of these cases' histories, as they were written."""
    told = select(CaseEventRow.case_no, CaseEventRow.handling_no, CaseEventRow.kind, CaseEventRow.at)
    own = told.where(text(_STEP), CaseEventRow.case_no.in_(numbers))
    return session.execute(own.order_by(CaseEventRow.case_no, CaseEventRow.id)).all()


def promised_clocks_of(session: Session, numbers: Collection[str], now: datetime) -> Sequence[AnyRow]:
    """(case_no, handling_no, ended, in_time) of the promised clocks of these cases, as they were written."""
    ended, in_time = _ended(now).label("ended"), _in_time().label("in_time")
    clocks = select(DeadlineRow.case_no, DeadlineRow.handling_no, ended, in_time)
    own = clocks.where(text(_PROMISED), DeadlineRow.case_no.in_(numbers))
    return session.execute(own.order_by(DeadlineRow.case_no, DeadlineRow.id)).all()


def door_verdicts(session: Session, since: datetime, until: datetime) -> Iterator[tuple[str, str]]:
    """(case number, verdict) of the promises at doors that were ordered from `since` on and before `until`."""
    judged = select(LegRow.case_no, LegRow.verdict).where(DOOR_WITH_VERDICT)
    rows = session.execute(judged.where(LegRow.ordered_at >= since, LegRow.ordered_at < until))
    return ((row.case_no, row.verdict) for row in rows)
