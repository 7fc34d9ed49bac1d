"""two people: who confirms and ends a suspension, whose login sent a scan, proposals about tasks

Revision: 0043
Revises: 0042
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OF_A_SUSPENSION = ("source_no", "alone_until", "confirmed_by", "confirmed_at", "ended_by", "ended_at", "end_reason")
_OF_A_BAG = ("closed_login", "opened_login")
_OPEN = sa.text("ended_at IS NULL")


def _name() -> sa.types.TypeEngine[str]:
    return sa.String(64)


def upgrade() -> None:
    lengths: dict[str, sa.types.TypeEngine[Any]] = {"end_reason": sa.LargeBinary()}
    for name in _OF_A_SUSPENSION:
        kind = UtcDateTime(timezone=True) if name.endswith(("_at", "_until")) else lengths.get(name, _name())
        op.add_column("suspension", sa.Column(name, kind, nullable=True))
    op.add_column("suspension", sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("scan_event", sa.Column("login", _name(), nullable=True))
    for name in _OF_A_BAG:
        op.add_column("bag", sa.Column(name, _name(), nullable=True))
    op.add_column("bag", sa.Column("one_hand", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "task_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(36), nullable=False),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", _name(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_by", _name(), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.String(16), nullable=True),
        sa.Column("end_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_proposal")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_proposal_task_id_task")),
    )
    op.create_index("ix_task_proposal_task_id", "task_proposal", ["task_id"])
    op.create_index(
        "uq_task_proposal_open", "task_proposal", ["task_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def downgrade() -> None:
    op.drop_table("task_proposal")
    for table, names in (
        ("bag", (*_OF_A_BAG, "one_hand")),
        ("scan_event", ("login",)),
        ("suspension", (*_OF_A_SUSPENSION, "withdrawn")),
    ):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
