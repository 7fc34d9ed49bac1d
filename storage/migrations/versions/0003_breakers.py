"""breakers of the partner networks

Revision: 0003
Revises: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "breaker",
        sa.Column("partner", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", storage.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("probe_at", storage.base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_breaker")),
    )


def downgrade() -> None:
    op.drop_table("breaker")
