"""changes of door orders: the rows of what was changed; appointments, and doors to which nobody goes

Revision: 0038
Revises: 0037
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "leg_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("leg_id", sa.String(48), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("after", sa.LargeBinary(), nullable=True),
        sa.Column("promised_before", UtcDateTime(timezone=True), nullable=True),
        sa.Column("promised_after", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outlet_id", sa.String(32), nullable=True),
        sa.Column("courier_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_change")),
        sa.UniqueConstraint("leg_id", "version", name=op.f("uq_leg_change_leg_id_version")),
    )
    op.create_index("ix_leg_change_case_no", "leg_change", ["case_no"])
    op.create_index("ix_leg_change_told", "leg_change", ["outlet_id", "at"])
    op.add_column("leg", sa.Column("changes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("leg", sa.Column("window_from", UtcDateTime(timezone=True), nullable=True))
    op.add_column("leg", sa.Column("window_to", UtcDateTime(timezone=True), nullable=True))
    op.add_column("leg", sa.Column("halted", sa.String(12), nullable=True))


def downgrade() -> None:
    for column in ("halted", "window_to", "window_from", "changes"):
        op.drop_column("leg", column)
    op.drop_table("leg_change")
