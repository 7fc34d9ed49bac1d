"""where the body of a message lies, bodies without another home, and empty polls found by their age

Revision: 0007
Revises: 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_EMPTY = sa.text("verdict = 'EMPTY'")


def upgrade() -> None:
    op.create_table(
        "exchange_body",
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", storage.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_exchange_body")),
    )
    op.create_index(op.f("ix_exchange_body_kept_at"), "exchange_body", ["kept_at"])
    op.add_column("exchange", sa.Column("body", sa.String(length=200), nullable=True))
    op.create_index(
        "ix_exchange_empty", "exchange", ["partner", "at"], sqlite_where=_EMPTY, postgresql_where=_EMPTY
    )


def downgrade() -> None:
    op.drop_index("ix_exchange_empty", table_name="exchange")
    with op.batch_alter_table("exchange") as batch_op:
        batch_op.drop_column("body")
    op.drop_index(op.f("ix_exchange_body_kept_at"), table_name="exchange_body")
    op.drop_table("exchange_body")
