"""wrong tries of applicants, in slots; how a call was signed, with its line in the exchange log

Revision: 0030
Revises: 0029
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOT_GOOD = "verdict NOT IN ('OK', '0000', '00', '000000000000', 'DUPLICATE', 'APPLIED', 'EARLY', 'LATE', 'EMPTY')"


def upgrade() -> None:
    op.create_table(
        "wrong_try",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_wrong_try")),
    )
    op.add_column("exchange", sa.Column("signed", sa.JSON(), nullable=True))
    where = sa.text(_NOT_GOOD)
    op.create_index("ix_exchange_not_good", "exchange", ["partner", "id"], sqlite_where=where, postgresql_where=where)
    ours = sa.text("partner IS NOT NULL")
    op.create_index(
        "ix_handling_partner_status", "handling", ["partner", "status", "handling_no"], sqlite_where=ours, postgresql_where=ours
    )


def downgrade() -> None:
    op.drop_index("ix_handling_partner_status", "handling")
    op.drop_index("ix_exchange_not_good", "exchange")
    with op.batch_alter_table("exchange") as batch:
        batch.drop_column("signed")
    op.drop_table("wrong_try")
