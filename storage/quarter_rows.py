"""What a quarter's figures are worked out from: narrow rows out of indexes of their own, no whole row and no document.

Conditions that an index has stand as text in the query too (see `storage.work_lists`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, String, exists, func, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from domain.messages import DeadlineKind, LegOutcome
from domain.terms import CaseStatus, Leg, WireEvent
from storage.cases.facts import CaseFactsRow
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
FETCHED: Final = f"leg = '{Leg.PICKUP}' AND outcome = '{LegOutcome.DELIVERED}'"
_JUDGED_DOOR: Final = f"leg IN ('{Leg.PICKUP}', '{Leg.DELIVERY}') AND verdict IS NOT NULL"
_DOOR: Final = f"leg IN ('{Leg.PICKUP}', '{Leg.DELIVERY}')"
OF_PROMISE: Final = (
    LegRow.verdict,
    LegRow.provisional,
    LegRow.stopped,
    LegRow.verified,
    LegRow.raw_minutes,
    LegRow.adjusted_minutes,
    LegRow.excused,
)
"""What stands beside a leg's promise, in the order of the index."""
DOOR_LEG: Final[Condition] = text(_DOOR)
"""Of a leg: to or from a door."""
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
partial_index("ix_leg_fetched", LegRow.case_no, where=FETCHED)
partial_index("ix_leg_door", LegRow.verdict, LegRow.ordered_at, LegRow.case_no, where=_JUDGED_DOOR)
partial_index("ix_leg_report", LegRow.leg, LegRow.ordered_at, LegRow.outlet_id, *OF_PROMISE, where=_DOOR)


class _HallDay(FunctionElement[str]):
    """The day of a moment by the hall's clock, as `yyyy-MM-dd`: a day is all that is asked of very many moments."""

    type = String()
    inherit_cache = True


@compiles(_HallDay, "sqlite")
def _sqlite_day(element: _HallDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+8 hours')"


@compiles(_HallDay, "postgresql")
def _postgresql_day(element: _HallDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"


def registered_cases(session: Session, since: datetime, until: datetime, now: datetime) -> Iterator[AnyRow]:
    """What the figures ask of each case that was registered from `since` on and before `until`, one row for a case.

    In this order: columns of `CaseRow`, then of `CaseFactsRow`, then what follows from both. `is_closed`,
    `has_ended` (a line of a decision): whether and not when. `accepted_on`, `decided_on`: the first
    acceptance and decision, days by the hall's clock. `fetched`: a courier has brought the papers from the door.
    `clock_ended`: stopped, or due by `now`. `clock_in_time`: stopped before its end.
    """
    within = (CaseRow.registered_at >= since, CaseRow.registered_at < until)
    beside = select(*_PLAIN, *_facts(now)).outerjoin(CaseFactsRow, CaseFactsRow.case_no == CaseRow.case_no)
    rows = session.execute(beside.where(*within), execution_options={"yield_per": _AT_ONCE})
    return iter(rows)


_PLAIN: Final = tuple(column for column in _OF_CASE if column is not CaseRow.closed_at)


def _facts(now: datetime) -> Iterator[ColumnElement[Any]]:
    facts = CaseFactsRow
    for name in ("handlings", "scheme", "told", "handed_over", "clocks"):
        yield getattr(facts, name).label(name)
    fetched = exists().where(text(FETCHED), LegRow.case_no == CaseRow.case_no)
    stopped, due = facts.clock_stopped_at, facts.clock_due_at
    read: dict[str, ColumnElement[Any]] = {
        "is_closed": CaseRow.closed_at.is_not(None),
        "has_ended": facts.ended_at.is_not(None),
        "accepted_on": _HallDay(facts.accepted_at),
        "decided_on": _HallDay(func.coalesce(facts.ended_at, CaseRow.decided_at)),
        "fetched": CaseRow.closed_at.is_not(None) & fetched,
        "clock_ended": stopped.is_not(None) | (due <= now),
        "clock_in_time": stopped <= due,
    }
    yield from (value.label(name) for name, value in read.items())


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
    return ((case_no, verdict) for case_no, verdict in rows if verdict is not None)
