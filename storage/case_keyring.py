"""The keys of cases as this process knows them (办件密钥): looked for in their table, and kept in memory for a while.

A value names the key that opens it, so whoever reads needs no case. To seal, a process goes by what it has read within
`IN_HAND`; whoever lets a key go waits for longer (`storage.personal.eraser`), so that nothing is sealed with a key that
is being destroyed, and nobody has to ask for it each time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Engine, LargeBinary, Row, String, column, func, literal, select, table, union_all

from domain.errors import Misconfigured
from storage.ciphers import Aead, Algorithm, Key, aead_of
from storage.sealing import OF_CASE, CaseKey, Sealer

IN_HAND: Final = timedelta(seconds=20)
"""So long does a process go on sealing with the key that it has read."""
_KNOWN: Final = timedelta(hours=1)
"""So long does it open with one: what lies under a destroyed key is gone by then from the tables as well."""
_MOST: Final = 20_000
_AROUND: Final = 16
"""So many come along with one that is asked for, of the next younger and older cases: a list asks for them next."""

_LETTERS: Final = {Algorithm.AES: "a", Algorithm.SM4: "s"}
_keys = table(
    "case_key", column("case_no", String), column("part", String), column("sealed", LargeBinary), column("left_at")
)
_handlings = table("handling", column("handling_no", String), column("case_no", String))


class _Known(NamedTuple):
    """A key and when it was read (`time.monotonic`). `left`: it seals no more."""

    key: CaseKey
    read_at: float
    left: bool


def kid_for(case_no: str, part: str) -> str:
    """The id of a key: `~{case number}.{part}`."""
    return f"{OF_CASE}{case_no}.{part}"


def letter_of(algorithm: Algorithm) -> str:
    """What the part of each key begins with that encrypts so."""
    return _LETTERS[algorithm]


def wrapping(case_no: str, part: str) -> str:
    """The associated data of a key's own seal."""
    return f"case-key/{part}/{case_no}"


class KeysOfCases:
    """`storage.sealing:CaseKeyring` over the table `case_key`; one per `Database`, safe for many threads.

    `engine`: connections of its own, since a key is looked for while others are held. `sealer`: of our own keys.
    """

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], float] = monotonic) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock
        self._lock = threading.Lock()
        self._by_kid: OrderedDict[str, _Known] = OrderedDict()
        self._current: OrderedDict[str, str] = OrderedDict()  # number → id of the key that seals

    def current(self, number: str) -> CaseKey | None:
        """As `CaseKeyring`. A number without a key is asked for each time."""
        return self._in_hand(number) or self._read(number)

    def find(self, kid: str) -> Aead:
        """As `CaseKeyring`."""
        with self._lock:
            known = self._by_kid.get(kid)
        if known is not None and self._clock() - known.read_at < _KNOWN.total_seconds():
            return known.key.aead
        self._read(kid.removeprefix(OF_CASE).partition(".")[0])
        with self._lock:
            known = self._by_kid.get(kid)
        if known is None or known.read_at < self._clock() - _KNOWN.total_seconds():
            raise Misconfigured("这个办件的密钥已经销毁，内容不能再读取")
        return known.key.aead

    def put(self, case_no: str, part: str, key: Key, *numbers: str) -> CaseKey:
        """A key that has just been made; it seals for the case, and for these numbers of its handlings."""
        made = CaseKey(kid_for(case_no, part), aead_of(key))
        with self._lock:
            self._keep(made, left=False)
            for number in (case_no, *numbers):
                self._note_current(number, made.kid)
        return made

    def forget(self, *numbers: str) -> None:
        """What was said of these cases and handlings is not so, or no more: the next one asks anew."""
        with self._lock:
            for number in numbers:
                kid = self._current.pop(number, None)
                if kid is not None:
                    self._by_kid.pop(kid, None)

    def _in_hand(self, number: str) -> CaseKey | None:
        with self._lock:
            known = self._by_kid.get(self._current.get(number, ""))
            if known is None or known.left or self._clock() - known.read_at >= IN_HAND.total_seconds():
                return None
            return known.key

    def _read(self, number: str) -> CaseKey | None:
        """All keys of a case, and the next ones of others; the one that seals for it now."""
        of = func.coalesce(
            select(_handlings.c.case_no).where(_handlings.c.handling_no == number).scalar_subquery(), literal(number)
        )
        rows = self._rows(of)
        with self._lock:
            for row in sorted(rows, key=lambda row: row.case_no == row.asked_for):  # its own last: they stay longest
                key = self._key_of(row)
                if key is None:
                    continue
                self._keep(key, left=row.left_at is not None)
                if row.left_at is None:
                    self._note_current(row.case_no, key.kid)
                    if row.case_no == row.asked_for:
                        self._note_current(number, key.kid)
        return self._in_hand(number)

    def _rows(self, of: ColumnElement[str]) -> Sequence[Row[Any]]:
        some = select(_keys, of.label("asked_for")).limit(_AROUND)
        from_it = some.where(_keys.c.case_no >= of).order_by(_keys.c.case_no, _keys.c.part)
        before = some.where(_keys.c.case_no < of).order_by(_keys.c.case_no.desc(), _keys.c.part)
        with self._engine.connect() as connection:
            both = union_all(select(from_it.subquery()), select(before.subquery()))
            return connection.execute(both).all()

    def _key_of(self, row: Row[Any]) -> CaseKey | None:
        """The key of a row; None where it only came along, and its wrap is not to be opened."""
        kid = kid_for(row.case_no, row.part)
        known = self._by_kid.get(kid)
        if known is not None:
            return known.key
        try:
            secret = self._sealer.open(row.sealed, wrapping(row.case_no, row.part))
        except Misconfigured:
            if row.case_no == row.asked_for:
                raise
            return None
        algorithm = next(one for one, letter in _LETTERS.items() if row.part.startswith(letter))
        return CaseKey(kid, aead_of(Key(secret, algorithm)))

    def _keep(self, key: CaseKey, *, left: bool) -> None:
        self._by_kid[key.kid] = _Known(key, self._clock(), left)
        self._by_kid.move_to_end(key.kid)
        while len(self._by_kid) > _MOST:
            self._by_kid.popitem(last=False)

    def _note_current(self, number: str, kid: str) -> None:
        self._current[number] = kid
        self._current.move_to_end(number)
        while len(self._current) > _MOST:
            self._current.popitem(last=False)
