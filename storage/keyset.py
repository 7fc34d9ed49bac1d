"""Pages by key (游标翻页): a list is read from where the last page ended, never by counting off what went before.

A list is a row of segments, each in an order that one index serves; so a page costs the same at the front and at the
end of a hundred thousand rows, and rows that come meanwhile neither push others out nor bring them twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Index,
    Row,
    Select,
    SQLColumnExpression,
    TextClause,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from domain.errors import BadInput
from domain.model import Frozen
from storage.base import UtcDateTime

_LARGEST = 2**63 - 1

T = TypeVar("T")
Condition = ColumnElement[bool] | TextClause
AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]


class Mark(Frozen):
    """The last row of a page, so the place where the next begins.

    `segment`: its number in the list, from 0. `id`: the row's key there. `at`: only in a segment ordered by time.
    """

    segment: int = 0
    at: datetime | None = None
    id: str


@dataclass(frozen=True)
class Segment:
    """Rows that fit `where`, by (`at`, `id`) or by `id` alone; `id` names a row uniquely, `numbered` by a number.

    `where` and the order have an index of their own (see `storage.work_lists`).
    """

    where: tuple[Condition, ...]
    id: SQLColumnExpression[Any]
    at: SQLColumnExpression[Any] | None = None
    descending: bool = False
    numbered: bool = False

    @property
    def order(self) -> tuple[SQLColumnExpression[Any], ...]:
        """The columns that it is ordered by, without their direction."""
        return (self.id,) if self.at is None else (self.at, self.id)

    def behind(self, mark: Mark) -> ColumnElement[bool]:
        """The condition that finds what comes after `mark`, which must be one of this segment."""
        last = int(mark.id) if self.numbered else mark.id
        if self.at is None:
            return self.id < last if self.descending else self.id > last
        key, reached = tuple_(self.at, self.id), tuple_(literal(mark.at, UtcDateTime()), last)
        return key < reached if self.descending else key > reached


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of rows. `next`: the mark to go on from; None at the end of the list."""

    rows: Sequence[T]
    next: Mark | None


def narrowed(segments: Sequence[Segment], fits: tuple[Condition, ...]) -> tuple[Segment, ...]:
    """The same list without what does not fit, in the same order and with the same marks."""
    return tuple(replace(each, where=(*each.where, *fits)) for each in segments) if fits else tuple(segments)


def partial_index(name: str, *columns: Any, where: str) -> Index:
    """An index over the rows that fit `where` (SQL), on SQLite and PostgreSQL alike."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def read_page(
    session: Session,
    shown: AnySelect,
    segments: Sequence[Segment],
    *,
    size: int,
    after: Mark | None = None,
    skip: int = 0,
) -> Page[AnyRow]:
    """Up to `size` rows of `shown` from `after` on, or without the first `skip`.

    Raises:
        BadInput: `after` is no mark of this list.
    """
    if after is not None:
        _check(after, segments)
    first = after.segment if after is not None else 0
    found: list[tuple[int, AnyRow]] = []
    for place, segment in enumerate(segments[first:], first):
        query = _of(shown, segment, after if place == first else None)
        rows = session.execute(query.offset(skip or None).limit(size + 1 - len(found))).all()
        if skip:
            skip = 0 if rows else skip - _count(session, segment)
        found += [(place, row) for row in rows]
        if len(found) > size:
            return Page(rows=[row for _, row in found[:size]], next=_mark(*found[size - 1]))
    return Page(rows=[row for _, row in found], next=None)


def count_up_to(session: Session, segments: Sequence[Segment], bound: int) -> int:
    """How many rows there are, but `bound` at most: what is beyond is not counted, so it costs nothing."""
    counted = 0
    for segment in segments:
        if counted < bound:
            some = _of(select(segment.id), segment, None).limit(bound - counted).subquery()
            counted += session.scalar(select(func.count()).select_from(some)) or 0
    return counted


def _count(session: Session, segment: Segment) -> int:
    """All of them: for a segment that is known to have fewer than were to be skipped."""
    return session.scalar(select(func.count(segment.id)).where(*segment.where)) or 0


def _of(shown: AnySelect, segment: Segment, after: Mark | None) -> AnySelect:
    query = shown.add_columns(segment.id.label("mark_id")).where(*segment.where)
    if segment.at is not None:
        query = query.add_columns(segment.at.label("mark_at"))
    if after is not None:
        query = query.where(segment.behind(after))
    return query.order_by(*(column.desc() if segment.descending else column for column in segment.order))


def _mark(place: int, row: AnyRow) -> Mark:
    return Mark(segment=place, at=row._mapping.get("mark_at"), id=str(row.mark_id))


def _check(mark: Mark, segments: Sequence[Segment]) -> None:
    """A mark comes back from outside, where anything may have happened to it."""
    fits = 0 <= mark.segment < len(segments) and mark.id.isprintable() and mark.id.isascii()
    if fits:
        segment = segments[mark.segment]
        fits = (segment.at is None) == (mark.at is None)
        fits &= not segment.numbered or (mark.id.isdecimal() and int(mark.id) <= _LARGEST)
    if fits and mark.at is not None:
        # A day at either end of the calendar has no place in every time zone.
        fits = mark.at.tzinfo is not None and 1970 <= mark.at.replace(tzinfo=UTC).year <= 9000
    if not fits:
        raise strange_mark()


def strange_mark() -> BadInput:
    """The error for a mark that was never given out; code `CURSOR`, field `after`."""
    return BadInput("翻页位置不对，请回到第一页", code="CURSOR", field="after")
