"""Everything sealed in the database as it would be sealed now, in small transactions while the system runs (换钥重封).

What belongs to a case goes over to the case's own key, everything else (and the keys of cases) to our first. A value is
replaced only while it is what was read: what somebody writes meanwhile stays. Where it was broken off does not matter:
what is left is found by the id in front of each value, and a second run finds nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    LargeBinary,
    String,
    TableClause,
    and_,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from storage.base import Database
from storage.case_keyring import letter_of
from storage.case_keys import keyless, succeed
from storage.row_owners import has_key, owner_of
from storage.sealed_columns import SealedColumn, sealed_columns
from storage.sealing import OF_CASE, Sealer, header_of, kid_of

BATCH: Final = 200
ROUNDS: Final = 5
"""So often is a column gone through; what still bears an old key then is written by a process that has it first."""

_CASE_HEADER: Final = header_of(f"{OF_CASE}{'0' * 21}.{'a' * 6}")
_TO_NUMBER: Final = 2
_LETTER_AT: Final = _CASE_HEADER.index(b".") + 2
"""Counted from 1: where the header of a case's key says its cipher."""


class Held(NamedTuple):
    """How many values of a column bear a key; of all keys of cases together under OF_CASE."""

    table: str
    column: str
    kid: str
    values: int


class Progress(NamedTuple):
    """How far one column is: values sealed anew so far, and how many there were to be."""

    table: str
    column: str
    done: int
    of: int


class _Value(NamedTuple):
    """A sealed value, where it is, what it is bound to and whose it is."""

    key: tuple[Any, ...]
    sealed: bytes
    place: str
    owner: str | None


def held(session: Session) -> Iterator[Held]:
    """Which keys the values of every sealed column bear; only their first bytes are read."""
    for where in sealed_columns():
        yield from _held(session, where)


def give_keys(database: Database, sealer: Sealer, now: datetime, batch: int = BATCH) -> int:
    """Give each case its key that has none of our present cipher; returns to how many. Safe to break off and repeat."""
    given, after = 0, ""
    while True:
        with database.write_plainly() as session:
            numbers = keyless(session, sealer.algorithm, after, batch)
            for case_no in numbers:
                succeed(session, sealer, case_no, now)
        if not numbers:
            return given
        given, after = given + len(numbers), numbers[-1]


def reseal(
    database: Database,
    sealer: Sealer,
    *,
    kid: str | None = None,
    batch: int = BATCH,
    say: Callable[[Progress], None] = lambda _progress: None,
) -> int:
    """Seal everything anew that is not as it would be sealed now, or only what bears `kid`; returns how many values.

    `batch`: values of one transaction. Give cases their keys before (`give_keys`).

    Raises:
        Misconfigured: a value bears a key that is not among ours.
        InvalidTag: a value was altered, or is not where it was sealed for.
    """
    return sum(_Column(database, sealer, where, kid, batch).reseal(say) for where in sealed_columns())


def _held(session: Session, where: SealedColumn) -> Iterator[Held]:
    rows, value = _rows_of(where)
    there, of_case = func.length(value) > 0, _is_of_case(value)
    cases = session.scalar(select(func.count()).select_from(rows).where(there, of_case)) or 0
    if cases:
        yield Held(where.table, where.column, OF_CASE, cases)
    first = _part(value, 1, 1)
    for length in session.scalars(select(first).where(there, ~of_case).distinct()).all():
        begins = _part(value, 1, 1 + length[0])
        counted = select(begins, func.count()).select_from(rows).where(first == length, ~of_case).group_by(begins)
        for header, count in session.execute(counted):
            yield Held(where.table, where.column, kid_of(header), count)


class _Column:
    """One column on its way to the keys that seal now."""

    def __init__(self, database: Database, sealer: Sealer, where: SealedColumn, kid: str | None, batch: int) -> None:
        self._database = database
        self._sealer = sealer
        self._where = where
        self._batch = batch
        self._rows, self._value = _rows_of(where)
        self._key = [self._rows.c[one.name] for one in where.key]
        self._owner = owner_of(self._rows, where.table)
        self._old = (func.length(self._value) > 0, self._bears(kid) if kid else self._is_old())

    def reseal(self, say: Callable[[Progress], None]) -> int:
        """Go through it until nothing old is left, `ROUNDS` times at most; returns how many values were replaced."""
        done = 0
        for _ in range(ROUNDS):
            left = self._left()
            if not left:
                break
            for replaced in self._round():
                done += replaced
                say(Progress(self._where.table, self._where.column, done, max(left, done)))
        return done

    def _is_old(self) -> ColumnElement[bool]:
        """Sealed with another key than would be taken now: of the case's, the cipher counts."""
        of_case = _is_of_case(self._value)
        letter = letter_of(self._sealer.algorithm).encode()
        other_cipher = and_(of_case, _part(self._value, _LETTER_AT, 1) != letter)
        theirs = has_key(self._owner) if self._owner is not None else false()
        return or_(and_(~of_case, or_(~self._bears(self._sealer.kid), theirs)), other_cipher)

    def _bears(self, kid: str) -> ColumnElement[bool]:
        begins = header_of(kid)
        return _part(self._value, 1, len(begins)) == begins

    def _left(self) -> int:
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(self._rows).where(*self._old)) or 0

    def _round(self) -> Iterator[int]:
        after: tuple[Any, ...] | None = None
        while found := self._found(after):
            fresh = {one.key: self._fresh(one) for one in found}
            yield self._replace(found, fresh)
            after = found[-1].key

    def _fresh(self, one: _Value) -> bytes:
        plain = self._sealer.open(one.sealed, one.place)
        if one.owner is None:
            return self._sealer.seal_by_ours(plain, one.place)
        return self._sealer.seal(plain, one.place, of=one.owner)

    def _found(self, after: tuple[Any, ...] | None) -> list[_Value]:
        bound = [self._rows.c[name] for name in self._where.bound_to]
        owner = self._owner if self._owner is not None else literal_column("NULL")
        query = select(*self._key, self._value, owner, *bound).where(*self._old)
        if after is not None:
            query = query.where(tuple_(*self._key) > after)
        with self._database.read() as session:
            rows = session.execute(query.order_by(*self._key).limit(self._batch)).all()
        keys = len(self._key)
        return [_Value(tuple(row[:keys]), row[keys], self._place(row[keys + 2 :]), row[keys + 1]) for row in rows]

    def _place(self, values: Sequence[Any]) -> str:
        return self._where.place_of(dict(zip(self._where.bound_to, values, strict=True)))

    def _replace(self, found: Sequence[_Value], fresh: Mapping[tuple[Any, ...], bytes]) -> int:
        """Write what is as it was read. A row that somebody holds is left for the next round: we wait for nobody."""
        mine = select(*self._key, self._value).where(tuple_(*self._key).in_([one.key for one in found]))
        with self._database.write_plainly() as session:
            rows = session.execute(mine.with_for_update(skip_locked=True, key_share=True)).all()
            free = {tuple(row[:-1]): row[-1] for row in rows}
            same = [one.key for one in found if free.get(one.key) == one.sealed]
            for key in same:
                of_row = [part == value for part, value in zip(self._key, key, strict=True)]
                session.execute(update(self._rows).where(*of_row).values({self._value: fresh[key]}))
        return len(same)


def _rows_of(where: SealedColumn) -> tuple[TableClause, ColumnElement[bytes]]:
    """Its table, and the column as the bytes that lie there, whatever its type makes of them."""
    value: ColumnClause[bytes] = column(where.column, LargeBinary)
    keys: list[ColumnClause[Any]] = [column(key.name, key.type) for key in where.key]
    known = {where.column, *(key.name for key in keys)}
    others = [column(one.name, String) for one in where.of.columns if one.name not in known]
    return table(where.table, value, *keys, *others), value


def _is_of_case(value: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Whether a case's key has sealed it."""
    return _part(value, 1, _TO_NUMBER) == _CASE_HEADER[:_TO_NUMBER]


def _part(value: ColumnElement[bytes], start: int, length: int) -> ColumnElement[bytes]:
    # Literal: PostgreSQL takes two parameters for two different expressions, whatever their values.
    return func.substr(value, literal_column(str(start)), literal_column(str(length)), type_=LargeBinary)
