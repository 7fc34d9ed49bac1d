"""a token and a code for each applicant's case, visits to it; wrong codes lock nobody out of a case any more

Revision: 0034
Revises: 0032
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0034"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "applicant_key",
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_applicant_key")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_applicant_key_token_sha256")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_applicant_key_case_no_case_file")),
    )
    op.create_table(
        "applicant_session",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("by_code", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_applicant_session")),
        sa.ForeignKeyConstraint(
            ["case_no"], ["case_file.case_no"], name=op.f("fk_applicant_session_case_no_case_file")
        ),
    )
    op.create_index("ix_applicant_session_case_no", "applicant_session", ["case_no"])
    op.create_index("ix_applicant_session_expires_at", "applicant_session", ["expires_at"])
    with op.batch_alter_table("result_access") as batch:
        batch.drop_column("failures")
        batch.drop_column("locked_until")


def downgrade() -> None:
    with op.batch_alter_table("result_access") as batch:
        batch.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("locked_until", UtcDateTime(timezone=True), nullable=True))
    op.drop_table("applicant_session")
    op.drop_table("applicant_key")
