"""personal data: what was erased, what holds it, who was shown it in clear, what persons have asked for

Revision: 0044
Revises: 0043
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None



def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f(f"fk_{table}_case_no_case_file"))


def upgrade() -> None:
    op.create_table(
        "case_erasure",
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("documents_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("erased_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        _of_case("case_erasure"),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_case_erasure")),
    )
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(64), nullable=True),
        sa.Column("lifted_at", UtcDateTime(timezone=True), nullable=True),
        _of_case("retention_hold"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    op.create_index("ix_retention_hold_case", "retention_hold", ["case_no", "id"])
    op.create_table(
        "unmasking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("fields", sa.String(64), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        _of_case("unmasking"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmasking")),
    )
    op.create_index("ix_unmasking_case", "unmasking", ["case_no", "at"])
    op.create_index("ix_unmasking_by", "unmasking", ["by", "at"])
    op.create_table(
        "person_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("text_version", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        _of_case("person_request"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_request")),
    )
    op.create_index("ix_person_request_case", "person_request", ["case_no", "id"])


def downgrade() -> None:
    for table in ("person_request", "unmasking", "retention_hold", "case_erasure"):
        op.drop_table(table)
