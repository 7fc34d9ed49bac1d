"""what applicants are told, once per milestone; who was shown a phone number

Revision: 0023
Revises: 0021
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0023"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN = sa.text("state = 'queued'")


def upgrade() -> None:
    op.create_table(
        "applicant_message",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("handling_no", sa.String(21), nullable=True),
        sa.Column("leg_id", sa.String(48), nullable=True),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("channel", sa.String(16), nullable=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_by", sa.String(64), nullable=True),
        sa.Column("ask_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_applicant_message_case_no_case_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applicant_message")),
        sa.UniqueConstraint("case_no", "key", name=op.f("uq_applicant_message_case_no_key")),
    )
    op.create_index(
        "ix_applicant_message_open", "applicant_message", ["next_at"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index(op.f("ix_applicant_message_leg_id"), "applicant_message", ["leg_id"])
    op.create_index(op.f("ix_applicant_message_queued_at"), "applicant_message", ["queued_at"])
    op.create_table(
        "phone_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("leg_id", sa.String(48), nullable=True),
        sa.Column("whose", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_phone_view_case_no_case_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_view")),
    )
    op.create_index("ix_phone_view_case", "phone_view", ["case_no", "at"])
    op.create_index("ix_phone_view_at", "phone_view", ["at"])


def downgrade() -> None:
    op.drop_table("phone_view")
    op.drop_table("applicant_message")
