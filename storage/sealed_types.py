"""Columns that seal what is written and open what is read, so that a table never holds it in clear (地点、备注、理由).

The sealer is the database's (`storage.base:Database`), hung to its dialect: rows are used as if nothing were sealed. A
value is bound to its column, not to its row: what must not be moved from one person to another is sealed by whoever
writes it (`storage.sealed_columns:BYTES`). By which case's key it is sealed, the value says itself (`belonging_to`).
"""

import json
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from domain.errors import Misconfigured
from storage.sealing import Sealer

T = TypeVar("T")
_SEALER = "kuayu_sealer"


def hang(dialect: Dialect, sealer: Sealer) -> None:
    """Let all columns of an engine with this dialect seal and open with `sealer`."""
    setattr(dialect, _SEALER, sealer)


def sealer_of(dialect: Dialect) -> Sealer:
    """What was hung to it.

    Raises:
        Misconfigured: nothing was: this database was opened without keys.
    """
    found = getattr(dialect, _SEALER, None)
    if not isinstance(found, Sealer):
        raise Misconfigured("这个数据库打开时没有给出 SEAL_KEYS，无法读写加密的内容")
    return found


class _Text(str):
    """A text and whose it is."""

    of: str | None


class _Number(float):
    """A number and whose it is."""

    of: str | None


class _Members(dict[str, Any]):
    """What JSON calls an object, and whose it is."""

    of: str | None


_BEARING: Final[dict[type, type[Any]]] = {str: _Text, float: _Number, int: _Number, dict: _Members}


def belonging_to(number: str | None, value: Any) -> Any:
    """The same text, number or JSON object, to be sealed with this case's (or handling's) key; None: with our own."""
    bearing = next((to for plain, to in _BEARING.items() if isinstance(value, plain)), None)
    if bearing is None:
        return value
    told = bearing(value)
    told.of = number
    return told


def _owner(value: Any) -> str | None:
    return getattr(value, "of", None)


class SealedValue(TypeDecorator[T], Generic[T]):
    """A value in sealed bytes; None stays None. `place`: its associated data, `{table}.{column}`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def dumped(self, value: T) -> bytes:
        """The plain bytes of a value."""
        raise NotImplementedError

    def loaded(self, plain: bytes) -> T:
        """The value of its plain bytes."""
        raise NotImplementedError

    def process_bind_param(self, value: T | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        return None if value is None else sealer_of(dialect).seal(self.dumped(value), self.place, of=_owner(value))

    def compare_values(self, x: Any, y: Any) -> bool:
        """Whether nothing has to be written: the same value, and nobody else's than before."""
        return bool(x == y) and _owner(x) in (None, _owner(y))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> T | None:
        """From the database. Raises as `Sealer.open`."""
        return None if value is None else self.loaded(sealer_of(dialect).open(value, self.place))


class SealedText(SealedValue[str]):
    """A text."""

    cache_ok = True

    def dumped(self, value: str) -> bytes:
        """As `SealedValue`."""
        return value.encode()

    def loaded(self, plain: bytes) -> str:
        """As `SealedValue`."""
        return plain.decode()


class SealedNumber(SealedValue[float]):
    """A floating point number, to the last bit."""

    cache_ok = True

    def dumped(self, value: float) -> bytes:
        """As `SealedValue`."""
        return repr(float(value)).encode()

    def loaded(self, plain: bytes) -> float:
        """As `SealedValue`."""
        return float(plain)


class SealedJson(SealedValue[Any]):
    """Whatever JSON can say."""

    cache_ok = True
    hashable = False

    def dumped(self, value: Any) -> bytes:
        """As `SealedValue`."""
        return json.dumps(value, ensure_ascii=False).encode()

    def loaded(self, plain: bytes) -> Any:
        """As `SealedValue`."""
        return json.loads(plain)
