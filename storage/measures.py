"""The five measures in SQL: sums of a month for their values, and the cases behind each part of them.

One definition of each condition serves the sum and the list, so a number and what it leads to cannot differ. Read from
the indexes of the quarter's figures (`storage.quarter_rows`); no row with a dossier is touched.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, literal, not_, or_, select, text
from sqlalchemy.orm import Session, aliased

from catalog.intake import IntakeChannel
from domain.measures import Measure, Part
from domain.messages import DeadlineKind
from domain.terms import ItemKind, Mode, Scheme
from storage.base import UtcDateTime
from storage.cases.facts import CaseFactsRow
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.keyset import Condition, Segment
from storage.parcels.legs import LegRow
from storage.quarter_rows import FETCHED


class Sums(NamedTuple):
    """Of the cases registered within a time. `limited`: with a limit by law, in days `statutory` and `promised`."""

    cases: int = 0
    online: int = 0
    immediate: int = 0
    limited: int = 0
    shorter: int = 0
    statutory: int = 0
    promised: int = 0
    closed: int = 0
    once: int = 0
    twice: int = 0
    judged: int = 0
    on_time: int = 0


_facts = CaseFactsRow
_LIMITED: Final = CaseRow.statutory_days > 0
_CLOSED: Final = CaseRow.closed_at.is_not(None)
_FETCHED: Final = exists().where(text(FETCHED), LegRow.case_no == CaseRow.case_no)
_HANDED_IN: Final = case((or_(CaseRow.channel == IntakeChannel.ONLINE.value, _FETCHED), 0), else_=1)
_COLLECTED: Final = case((_facts.handed_over > 0, 1), else_=0)
_TRIPS: Final = case((_CLOSED, _HANDED_IN + _COLLECTED))
"""To our hall: handed in there, collected there; NULL while the case is open."""
_FITS: Final[Mapping[Measure, Mapping[Part, ColumnElement[bool]]]] = {
    Measure.ONLINE: {
        Part.YES: CaseRow.mode == Mode.ONLINE.value,
        Part.NO: CaseRow.mode != Mode.ONLINE.value,
    },
    Measure.COMPRESSION: {
        Part.YES: and_(_LIMITED, CaseRow.promised_days < CaseRow.statutory_days),
        Part.NO: and_(_LIMITED, CaseRow.promised_days >= CaseRow.statutory_days),
    },
    Measure.IMMEDIATE: {
        Part.YES: CaseRow.item_kind == ItemKind.IMMEDIATE.value,
        Part.NO: CaseRow.item_kind != ItemKind.IMMEDIATE.value,
    },
}


def _counted(fits: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((fits, 1), else_=0))


def _in_time(now: ColumnElement[datetime]) -> ColumnElement[int | None]:
    """1 where the last promised clock of every authority that has ended was stopped before its end, 0 where not.

    NULL where none has ended. A case with one clock is judged by its facts, one with several by its clocks.
    """
    ended = or_(_facts.clock_stopped_at.is_not(None), _facts.clock_due_at <= now)
    alone = case((ended, case((_facts.clock_stopped_at <= _facts.clock_due_at, 1), else_=0)))
    return case((_facts.clocks > 1, _of_several(now)), else_=alone)


def _of_several(now: ColumnElement[datetime]) -> ColumnElement[int | None]:
    clock, later = aliased(DeadlineRow), aliased(DeadlineRow)
    newer = exists().where(
        later.case_no == clock.case_no,
        later.kind == DeadlineKind.DECISION_PROMISED.value,
        func.coalesce(later.handling_no, "") == func.coalesce(clock.handling_no, ""),
        later.id > clock.id,
    )
    last = (
        clock.case_no == _facts.case_no,
        clock.kind == DeadlineKind.DECISION_PROMISED.value,
        or_(clock.stopped_at.is_not(None), clock.due_at <= now),
        not_(newer),
    )
    late = or_(clock.stopped_at.is_(None), clock.stopped_at > clock.due_at)
    worst = select(func.min(case((late, 0), else_=1))).where(*last).correlate(_facts)
    return worst.scalar_subquery()


_NOW: Final = bindparam("now", type_=UtcDateTime())
_SUMS: Final = (
    select(
        func.count(),
        _counted(_FITS[Measure.ONLINE][Part.YES]),
        _counted(_FITS[Measure.IMMEDIATE][Part.YES]),
        _counted(_LIMITED),
        _counted(_FITS[Measure.COMPRESSION][Part.YES]),
        func.sum(case((_LIMITED, CaseRow.statutory_days), else_=0)),
        func.sum(case((_LIMITED, CaseRow.promised_days), else_=0)),
        func.count(CaseRow.closed_at),
        _counted(_TRIPS == 1),
        _counted(_TRIPS == 2),
        func.count(_in_time(_NOW)),
        func.sum(_in_time(_NOW)),
    )
    .outerjoin(_facts, _facts.case_no == CaseRow.case_no)
    .where(
        CaseRow.registered_at >= bindparam("since", type_=UtcDateTime()),
        CaseRow.registered_at < bindparam("until", type_=UtcDateTime()),
    )
)
"""Built once: to make it and to look it up takes longer than to count a month of a district."""


def sums(session: Session, since: datetime, until: datetime, now: datetime) -> Sums:
    """What the cases registered from `since` on and before `until` come to, as far as is known at `now`."""
    row = session.execute(_SUMS, {"since": since, "until": until, "now": now}).one()
    return Sums(*(int(value or 0) for value in row))


def behind(
    measure: Measure, part: Part | None, since: datetime, until: datetime, now: datetime, scheme: Scheme | None = None
) -> tuple[Segment, ...]:
    """The cases behind a part of a measure (None: all that it rests on), registered within the time; latest first."""
    fits: list[Condition] = [CaseRow.registered_at >= since, CaseRow.registered_at < until]
    fits += _behind(measure, part, now)
    if scheme is not None:
        fits.append(exists().where(HandlingRow.case_no == CaseRow.case_no, HandlingRow.scheme == scheme))
    return (Segment(where=tuple(fits), at=CaseRow.registered_at, id=CaseRow.case_no, descending=True),)


def _behind(measure: Measure, part: Part | None, now: datetime) -> list[Condition]:
    own = _facts.case_no == CaseRow.case_no
    if measure is Measure.ON_TIME:
        judged = _in_time(literal(now, UtcDateTime()))
        return [exists().where(own, judged.is_not(None) if part is None else judged == int(part is Part.YES))]
    if measure is Measure.TRIPS:
        if part is None:
            return [_CLOSED]
        collected = case((exists().where(own, _facts.handed_over > 0), 1), else_=0)
        return [_CLOSED, _HANDED_IN + collected == int(part)]
    if part is None:
        return [_LIMITED] if measure is Measure.COMPRESSION else []
    return [_FITS[measure][part]]
