"""one open task per matter, with a line for each thing that happened

Revision: 0011
Revises: 0010
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

import storage.base


revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CLOCKS = ("DEADLINE_WARNING", "DEADLINE_MISSED", "DEEMED_ACCEPTED", "ESCALATED_DEPARTMENT", "ESCALATED_DISTRICT")
_OF_A_LEG = {
    "PLACE_ADDRESS": "address",
    "PROMISE_AT_RISK": "promise",
    "PROMISE_BROKEN": "promise",
    "DELIVERY_FAILED": "attempt",
    "DISCREPANCY": "papers",
    "PARCEL_DAMAGED": "damage",
    "PARCEL_LOST": "lost",
    "PARCEL_FOUND": "found",
    "LEG_OVERDUE": "late",
    "RETURN_REQUIRED": "return",
    "TAKE_OVER": "hands",
}
_OF_A_HANDLING = {
    "UNKNOWN_EVENT": "wire",
    "REFUSED_EVENT": "wire",
    "UNDELIVERABLE_EVENT": "undelivered",
    "VOIDED_ROW": "void",
    "SECOND_SUPPLEMENT": "supplement",
}
_OF_A_CASE = {"COLLECT_AT_HALL": "collection", "BAD_RATING": "rating", "REWORK_OVERDUE": "rating"}
_GRAVER = (
    *_CLOCKS,
    "PROMISE_AT_RISK",
    "PROMISE_BROKEN",
    "UNKNOWN_EVENT",
    "REFUSED_EVENT",
    "BAD_RATING",
    "REWORK_OVERDUE",
)
_TIME = storage.base.UtcDateTime(timezone=True)
_TASK = sa.table(
    "task",
    *(
        sa.column(name, sa.String())
        for name in (
            "id",
            "key",
            "matter",
            "kind",
            "case_no",
            "handling_no",
            "leg_id",
            "outcome",
            "reason",
            "resolved_by",
        )
    ),
    sa.column("data", sa.JSON()),
    sa.column("opened_at", _TIME),
    sa.column("resolved_at", _TIME),
)
_LINE = sa.table(
    "task_line",
    *(sa.column(name, sa.String()) for name in ("key", "task_id", "kind")),
    sa.column("number", sa.Integer()),
    sa.column("at", _TIME),
    sa.column("data", sa.JSON()),
)


def upgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("matter", sa.String(length=200), nullable=True))
        batch_op.alter_column("key", existing_type=sa.String(length=160), type_=sa.String(length=200))
    rows = _write_matters()
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.alter_column("matter", existing_type=sa.String(length=200), nullable=False)
    # Only now: SQLite writes a table anew to change it, which rows that point to it would forbid.
    op.create_table(
        "task_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", storage.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("settled_at", storage.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_line_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_line")),
        sa.UniqueConstraint("key", "number", name=op.f("uq_task_line_key_number")),
    )
    op.create_index(op.f("ix_task_line_task_id"), "task_line", ["task_id"], unique=False)
    _write_lines(rows)
    op.create_index(
        "uq_task_matter_open",
        "task",
        ["matter"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_task_matter_open", table_name="task")
    op.drop_table("task_line")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("matter")
        batch_op.alter_column("key", existing_type=sa.String(length=200), type_=sa.String(length=160))


def _write_matters() -> Sequence[Any]:
    """Every task gets its matter; returns them as they were, the oldest first."""
    bind = op.get_bind()
    rows = bind.execute(sa.select(_TASK).order_by(_TASK.c.opened_at, _TASK.c.id)).all()
    for row in rows:
        bind.execute(_TASK.update().where(_TASK.c.id == row.id).values(matter=_matter(row)))
    return rows


def _write_lines(rows: Iterable[Any]) -> None:
    """Every task gets its own line; of several open ones of a matter the gravest keeps all lines."""
    bind = op.get_bind()
    waiting: dict[str, list[Any]] = {}
    for row in rows:
        line = {"key": row.key, "number": 1, "task_id": row.id, "kind": row.kind, "at": row.opened_at}
        bind.execute(_LINE.insert().values(**line, data=row.data))
        if row.resolved_at is None:
            waiting.setdefault(_matter(row), []).append(row)
    for of_one in waiting.values():
        _keep_one(bind, of_one)


def _keep_one(bind: sa.Connection, rows: Iterable[Any]) -> None:
    rows = list(rows)
    kept = max(rows, key=lambda row: _GRAVER.index(row.kind) if row.kind in _GRAVER else -1)
    for row in rows:
        if row.id == kept.id:
            continue
        bind.execute(_LINE.update().where(_LINE.c.task_id == row.id).values(task_id=kept.id))
        over = {"resolved_at": datetime.now(UTC), "outcome": "settled", "reason": "REPLACED", "resolved_by": "workflow"}
        bind.execute(_TASK.update().where(_TASK.c.id == row.id).values(**over))


def _matter(row: Any) -> str:
    """As domain.matters gives it on the day of this migration; the key where it says nothing."""
    if row.kind in _CLOCKS:
        owner, _, what = str(row.key).partition(f"/{row.kind}/")
        return f"{owner}/clock/{what.partition('-')[0]}" if what else str(row.key)
    for owner, of in ((row.leg_id, _OF_A_LEG), (row.handling_no, _OF_A_HANDLING), (row.case_no, _OF_A_CASE)):
        if owner is not None and row.kind in of:
            return f"{owner}/{of[row.kind]}"
    return str(row.key)
