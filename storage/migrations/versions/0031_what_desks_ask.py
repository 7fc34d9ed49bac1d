"""counts and indexes of what a network's desk, the status page, a supervisor and an outlet ask

Revision: 0031
Revises: 0030
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEXES = (
    ("ix_inbox_dead", "inbox", ["sender", "received_at"], "state = 'DEAD'"),
    ("ix_exchange_message", "exchange", ["message_id", "partner", "direction"], None),
    ("ix_deadline_running", "deadline", ["responsible", "due_at", "id"], "stopped_at IS NULL"),
    (
        "ix_leg_to_bag",
        "leg",
        ["outlet_id", "stage"],
        "ended_at IS NULL AND tracking_no IS NOT NULL AND leg = 'PICKUP'",
    ),
)


class _Counted(NamedTuple):
    """As in 0017: rows of `table` that fit `when` are counted under `name` and `key`; `R` stands for the row."""

    name: str
    table: str
    key: str
    when: str
    columns: str


_TASKS = _Counted("task", "task", "''", "R.resolved_at IS NULL", "resolved_at")
_TASKS_OF = _Counted("task", "task", "R.owner", "R.resolved_at IS NULL", "resolved_at, owner")
_NEW = (
    _Counted("network", "handling", "R.partner || '/' || R.status", "R.partner IS NOT NULL", "partner, status"),
    _Counted(
        "waiting", "handling", "R.partner", "R.partner IS NOT NULL AND R.waiting_since IS NOT NULL", "partner, waiting_since"
    ),
)


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _added(counted: _Counted, row: str, by: int) -> str:
    slot = "tally_slot()" if _postgresql() else "0"
    key, when = (said.replace("R.", f"{row}.") for said in (counted.key, counted.when))
    return (
        f"INSERT INTO tally (name, key, slot, count) SELECT '{counted.name}', {key}, {slot}, {by} WHERE {when} "
        "ON CONFLICT (name, key, slot) DO UPDATE SET count = tally.count + excluded.count"
    )


def _triggers(counted: _Counted) -> Iterator[tuple[str, str, str | None, str]]:
    """Name, event, condition and statements of each."""
    more, less = _added(counted, "NEW", 1), _added(counted, "OLD", -1)
    moved = " OR ".join(f"OLD.{each} IS DISTINCT FROM NEW.{each}" for each in counted.columns.split(", "))
    if not _postgresql():
        moved = moved.replace("IS DISTINCT FROM", "IS NOT")
    yield f"tally_{counted.name}_in", "INSERT", None, more
    yield f"tally_{counted.name}_out", "DELETE", None, less
    yield f"tally_{counted.name}_moved", f"UPDATE OF {counted.columns}", moved, f"{less}; {more}"


def _count(counted: _Counted) -> None:
    """What is there, and from now on."""
    op.execute(
        f"INSERT INTO tally (name, key, slot, count) SELECT '{counted.name}', {counted.key}, 0, count(*) "
        f"FROM {counted.table} R WHERE {counted.when} GROUP BY 2"
    )
    for name, event, condition, statements in _triggers(counted):
        when = f"WHEN ({condition})" if condition else ""
        if _postgresql():
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statements}; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {counted.table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {counted.table} FOR EACH ROW {when} BEGIN {statements}; END"
            )


def _forget(counted: _Counted) -> None:
    for name, *_ in _triggers(counted):
        if _postgresql():
            op.execute(f"DROP TRIGGER {name} ON {counted.table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    op.execute(f"DELETE FROM tally WHERE name = '{counted.name}'")


def upgrade() -> None:
    _forget(_TASKS)
    for counted in (_TASKS_OF, *_NEW):
        _count(counted)
    for name, table, columns, where in _INDEXES:
        only = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table_name=table)
    for counted in (_TASKS_OF, *_NEW):
        _forget(counted)
    _count(_TASKS)
