"""Whose a value is that its column's type seals (归属): told right before a row is written, from the row's own numbers.

The type sees a value and no row (`storage.sealed_types`), so the value itself bears the number of its case or handling
while it is on its way; it is equal to what it was, and is read as that.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstanceState, Mapper, object_session

from storage.sealed_types import SealedValue, belonging_to
from storage.sealing import NUMBER

_OWNERS: Final = ("case_no", "handling_no", "leg_id")
"""Columns that say it, the first of them that does; an id of a leg begins with its handling's number."""
_TASK: Final = "task_id"


def own_new(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """Before an INSERT of the session: every sealed value is told whose it is."""
    names = _sealed(row.__class__)
    if names:
        _tell(row, names, connection)


def own_changed(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """Before an UPDATE of the session: those that are other than before, and all where the row's owner is."""
    names = _sealed(row.__class__)
    if not names:
        return
    state: InstanceState[Any] = inspect(row)
    before = state.committed_state
    moved = not before.keys().isdisjoint((*_OWNERS, _TASK))
    changed = [name for name in names if moved or (name in before and before[name] != state.dict.get(name))]
    if changed:
        _tell(row, changed, connection)


def owned(table: type[Any], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows that are written without the session's objects, their sealed values told whose they are."""
    names = _sealed(cast(Hashable, table))
    return [_owned(row, names) if names else dict(row) for row in rows]


def _owned(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    number = _number(row.get)
    return {**row, **{name: belonging_to(number, row[name]) for name in names if name in row}}


def _tell(row: Any, names: Sequence[str], connection: Connection) -> None:
    number = _number(lambda name: getattr(row, name, None)) or _of_task(row, connection)
    for name in names:
        value = getattr(row, name)
        if value is not None:
            setattr(row, name, belonging_to(number, value))


@cache
def _sealed(table: Hashable) -> tuple[str, ...]:
    """The columns of a table, of its class, whose type seals."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    return tuple(column.key for column in columns if isinstance(column.type, SealedValue))


def _number(said: Callable[[str], Any]) -> str | None:
    for name in _OWNERS:
        found = NUMBER.match(said(name) or "")
        if found is not None:
            return found[0]
    return None


def _of_task(row: Any, connection: Connection) -> str | None:
    """Of a row that only says to which task it belongs; whoever writes one mostly holds the task."""
    task_id = getattr(row, _TASK, None)
    if task_id is None:
        return None
    tasks = row.__table__.metadata.tables["task"]
    session = object_session(row)
    known: Any
    for known in session.identity_map.values() if session is not None else ():
        if known.__table__ is tasks and known.id == task_id:
            return _number(lambda name, task=known: getattr(task, name))  # type: ignore[misc]
    query = select(*(tasks.c[name] for name in _OWNERS)).where(tasks.c.id == task_id)
    found = connection.execute(query).mappings().first()
    return _number(found.get) if found is not None else None
