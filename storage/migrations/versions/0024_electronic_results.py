"""codes behind which electronic results are fetched, since when they can be, and what printed papers are checked against

Revision: 0024
Revises: 0023
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TO_REMIND = "remind_at IS NOT NULL"


def _at(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "result_access",
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _at("locked_until"),
        sa.Column("once_hash", sa.String(64), nullable=True),
        _at("once_until"),
        _at("once_sent_at"),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_result_access")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_result_access_case_no_case_file")),
    )
    op.create_table(
        "electronic_result",
        sa.Column("handling_no", sa.String(21), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        _at("available_at", nullable=False),
        _at("fetched_at"),
        _at("remind_at"),
        sa.PrimaryKeyConstraint("handling_no", "sha256", name=op.f("pk_electronic_result")),
        sa.ForeignKeyConstraint(
            ["handling_no"], ["handling.handling_no"], name=op.f("fk_electronic_result_handling_no_handling")
        ),
    )
    op.create_index("ix_electronic_result_case_no", "electronic_result", ["case_no"])
    where = sa.text(_TO_REMIND)
    op.create_index(
        "ix_electronic_result_remind",
        "electronic_result",
        ["remind_at", "handling_no"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "verification",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("handling_no", sa.String(21), nullable=False),
        sa.Column("paper", sa.String(16), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        _at("printed_at", nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_verification")),
        sa.ForeignKeyConstraint(
            ["handling_no"], ["handling.handling_no"], name=op.f("fk_verification_handling_no_handling")
        ),
    )


def downgrade() -> None:
    op.drop_table("verification")
    op.drop_table("electronic_result")
    op.drop_table("result_access")
