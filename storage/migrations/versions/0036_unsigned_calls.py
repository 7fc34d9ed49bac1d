"""unsigned calls: counted by hour, and found again when they are to be forgotten

Revision: 0036
Revises: 0034
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0036"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UNSIGNED = "kind = 'callback' AND message_id = ''"


def upgrade() -> None:
    op.create_table(
        "unsigned_call",
        sa.Column("partner", sa.String(16), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("hour", UtcDateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "code", "hour", name=op.f("pk_unsigned_call")),
    )
    where = sa.text(_UNSIGNED)
    op.create_index("ix_exchange_unsigned", "exchange", ["partner", "at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_exchange_unsigned", "exchange")
    op.drop_table("unsigned_call")
