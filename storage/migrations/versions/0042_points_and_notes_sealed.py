"""points, notes and reasons are sealed: what was in clear is sealed here, with the keys of whoever migrates

Revision: 0042
Revises: 0041
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

from storage.sealed_types import sealer_of
from storage.sealing import Sealer

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_AT_ONCE = 1000


class _Form(NamedTuple):
    """How a value was kept in clear, and its bytes before they are sealed."""

    clear: sa.types.TypeEngine[Any]
    dumped: Callable[[Any], bytes]
    loaded: Callable[[bytes], Any]


_TEXT = _Form(sa.String(), str.encode, bytes.decode)
_SHORT = _Form(sa.String(200), str.encode, bytes.decode)
_NUMBER = _Form(sa.Double(), lambda value: repr(float(value)).encode(), float)
_JSON = _Form(sa.JSON(), lambda value: json.dumps(value, ensure_ascii=False).encode(), json.loads)


class _Column(NamedTuple):
    """A column that is sealed from now on, bound to `{table}.{name}`."""

    table: str
    key: str
    name: str
    form: _Form
    nullable: bool = False

    @property
    def place(self) -> str:
        return f"{self.table}.{self.name}"


_COLUMNS = (
    _Column("leg", "leg_id", "lat", _NUMBER, nullable=True),
    _Column("leg", "leg_id", "lon", _NUMBER, nullable=True),
    _Column("courier", "courier_id", "lat", _NUMBER),
    _Column("courier", "courier_id", "lon", _NUMBER),
    _Column("suspension", "id", "reason", _TEXT),
    _Column("task", "id", "data", _JSON),
    _Column("task", "id", "reason", _TEXT, nullable=True),
    _Column("task_line", "id", "data", _JSON),
    _Column("case_event", "id", "data", _JSON),
    _Column("scan_event", "event_id", "payload", _JSON),
    _Column("scan_quarantine", "id", "payload", _JSON),
    _Column("phone_view", "id", "reason", _SHORT),
    _Column("applicant_message", "id", "ask_reason", _TEXT, nullable=True),
)
_NOTHING = {"BLOB": "x''", "BYTEA": "''"}


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _exchange(
    column: _Column, old: sa.types.TypeEngine[Any], new: sa.types.TypeEngine[Any], change: Callable[[Sealer, Any], Any]
) -> None:
    """Give the column another type, each value changed; plain statements, so that triggers of the table stay."""
    fresh, filler = f"{column.name}_new", "''" if isinstance(new, (sa.String, sa.JSON)) else "0"
    type_ = new.compile(op.get_bind().dialect)
    filler = _NOTHING.get(type_, filler)
    rest = "" if column.nullable or _postgresql() else f" NOT NULL DEFAULT {filler}"  # SQLite adds it only like this
    op.execute(f"ALTER TABLE {column.table} ADD COLUMN {fresh} {type_}{rest}")
    _fill(column, old, new, change)
    if not column.nullable and _postgresql():
        op.execute(f"ALTER TABLE {column.table} ALTER COLUMN {fresh} SET NOT NULL")
    op.execute(f"ALTER TABLE {column.table} DROP COLUMN {column.name}")
    op.execute(f"ALTER TABLE {column.table} RENAME COLUMN {fresh} TO {column.name}")


def _fill(
    column: _Column, old: sa.types.TypeEngine[Any], new: sa.types.TypeEngine[Any], change: Callable[[Sealer, Any], Any]
) -> None:
    bind, fresh = op.get_bind(), f"{column.name}_new"
    rows = sa.table(
        column.table, sa.column(column.key), sa.column(column.name, old), sa.column(fresh, new)
    )
    key, value = rows.c[column.key], rows.c[column.name]
    put = sa.update(rows).where(key == sa.bindparam("of")).values({fresh: sa.bindparam("fresh", type_=new)})
    page = sa.select(key, value).where(value.is_not(None)).order_by(key).limit(_AT_ONCE)
    found = bind.execute(page).all()
    while found:
        sealer = sealer_of(bind.dialect)
        bind.execute(put, [{"of": row[0], "fresh": change(sealer, row[1])} for row in found])
        found = bind.execute(page.where(key > found[-1][0])).all()


def _sealed(form: Any, place: str, sealer: Sealer, value: Any) -> bytes:
    return sealer.seal(form.dumped(value), place)


def _opened(form: Any, place: str, sealer: Sealer, value: bytes) -> Any:
    return form.loaded(sealer.open(value, place))


def upgrade() -> None:
    if not _postgresql():
        op.execute("PRAGMA secure_delete = ON")  # what was in clear is overwritten, not only let go
    for column in _COLUMNS:
        form, place = column.form, column.place
        _exchange(
            column,
            form.clear,
            sa.LargeBinary(),
            partial(_sealed, form, place),
        )


def downgrade() -> None:
    for column in _COLUMNS:
        form, place = column.form, column.place
        _exchange(
            column,
            sa.LargeBinary(),
            form.clear,
            partial(_opened, form, place),
        )
