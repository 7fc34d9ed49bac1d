"""The five measures in SQL: the cases behind each part of them.

What `storage.cases.month_sums` counts and what is listed here are the same conditions over the same columns, there in
triggers. Read from the indexes of the quarter's figures (`storage.quarter_rows`); no row with a dossier is touched.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, literal, not_

from domain.measures import Measure, Part
from domain.terms import ItemKind, Mode, Scheme
from storage.base import UtcDateTime
from storage.cases.facts import CaseFactsRow
from storage.cases.rows import CaseRow, HandlingRow
from storage.keyset import Condition, Segment

_facts = CaseFactsRow
_LIMITED: Final = CaseRow.statutory_days > 0
_CLOSED: Final = CaseRow.closed_at.is_not(None)
_HANDED_IN: Final = case((and_(_facts.at_desk, not_(_facts.fetched)), 1), else_=0)
_trips = _HANDED_IN + case((_facts.handed_over > 0, 1), else_=0)
"""To our hall: handed in there, collected there."""
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


def _in_time(now: ColumnElement[datetime]) -> ColumnElement[int | None]:
    """1 where the last promised clock of every authority that has ended was stopped before its end, 0 where not.

    NULL where none has ended.
    """
    return case((_facts.clock_runs_to <= now, 0), else_=_facts.clock_kept)


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
        return [_CLOSED, exists().where(own, _trips == int(part))]
    if part is None:
        return [_LIMITED] if measure is Measure.COMPRESSION else []
    return [_FITS[measure][part]]
