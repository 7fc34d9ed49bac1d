"""codes typed when a parcel changes hands, as they were judged; bags between outlets and the hall

Revision: 0027
Revises: 0026
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UNDER_WAY = "opened_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "handover_check",
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("leg_id", sa.String(48), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("typed_mac", sa.String(64), nullable=False),
        sa.Column("doubted", sa.Boolean(), nullable=False),
        sa.Column("checked_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_handover_check")),
    )
    op.create_index("ix_handover_check_leg", "handover_check", ["leg_id", "epoch"])
    op.create_table(
        "bag",
        sa.Column("bag_no", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("destination", sa.String(32), nullable=False),
        sa.Column("seal_no", sa.String(32), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=True),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.String(64), nullable=True),
        sa.Column("seal_found", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("bag_no", name=op.f("pk_bag")),
    )
    where = sa.text(_UNDER_WAY)
    op.create_index(
        "ix_bag_coming", "bag", ["destination", "closed_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "bag_line",
        sa.Column("bag_no", sa.String(32), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("leg_id", sa.String(48), nullable=True),
        sa.Column("put_event", sa.String(64), nullable=True),
        sa.Column("found_event", sa.String(64), nullable=True),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bag_no", "number", name=op.f("pk_bag_line")),
        sa.ForeignKeyConstraint(["bag_no"], ["bag.bag_no"], name=op.f("fk_bag_line_bag_no_bag")),
    )
    op.create_index(op.f("ix_bag_line_leg_id"), "bag_line", ["leg_id"])


def downgrade() -> None:
    op.drop_table("bag_line")
    op.drop_table("bag")
    op.drop_table("handover_check")
