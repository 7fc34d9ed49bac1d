"""how the parts of the system have been, and indexes of what a supervisor watches

Revision: 0028
Revises: 0027
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DOORS = "leg IN ('PICKUP', 'DELIVERY')"
_PARTIAL = (
    ("ix_leg_stop", "leg", ["planned_arrival_at", "leg_id"], f"ended_at IS NULL AND {_DOORS}"),
    (
        "ix_leg_awaited",
        "leg",
        ["verdict", "deadline_at", "leg_id"],
        f"ended_at IS NULL AND arrived_at IS NULL AND {_DOORS}",
    ),
    ("ix_case_file_clerk", "case_file", ["clerk", "due_at"], "closed_at IS NULL"),
)


def upgrade() -> None:
    op.create_table(
        "condition_span",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(32), nullable=False),
        sa.Column("level", sa.String(4), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition_span")),
    )
    op.create_index("ix_condition_span_part_seen", "condition_span", ["part", "seen_at"])
    op.create_index("ix_condition_span_seen", "condition_span", ["seen_at"])
    for name, table, columns, where in _PARTIAL:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, _, _ in _PARTIAL:
        op.drop_index(name, table_name=table)
    op.drop_table("condition_span")
