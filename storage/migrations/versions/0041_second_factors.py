"""second factors: apps, recovery codes, security keys; accounts of the unified login; certificates of users

Revision: 0041
Revises: 0040
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _of(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_username_user_account")
    return (
        sa.Column("username", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["username"], ["user_account.username"], name=name),
    )


def upgrade() -> None:
    op.create_table(
        "totp",
        *_of("totp"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _at("confirmed_at", nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_totp")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(64), nullable=False),
        *_of("recovery_code"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_username"), "recovery_code", ["username"])
    op.create_table(
        "security_key",
        sa.Column("key_id", sa.String(64), nullable=False),
        *_of("security_key"),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        _at("added_at"),
        _at("used_at", nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_security_key")),
    )
    op.create_index(op.f("ix_security_key_username"), "security_key", ["username"])
    op.create_table(
        "key_challenge",
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("ceremony", sa.String(8), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("login", "ceremony", name=op.f("pk_key_challenge")),
    )
    op.create_index(op.f("ix_key_challenge_expires_at"), "key_challenge", ["expires_at"])
    op.create_table(
        "provided_account",
        sa.Column("subject_sha256", sa.String(64), nullable=False),
        *_of("provided_account"),
        sa.Column("unit", sa.String(120), nullable=False),
        _at("seen_at"),
        sa.PrimaryKeyConstraint("subject_sha256", name=op.f("pk_provided_account")),
        sa.UniqueConstraint("username", name=op.f("uq_provided_account_username")),
    )
    op.create_table(
        "user_certificate",
        sa.Column("certificate_id", sa.String(64), nullable=False),
        *_of("user_certificate"),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        _at("bound_at"),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_user_certificate")),
    )
    op.create_index(op.f("ix_user_certificate_username"), "user_certificate", ["username"])
    op.create_table(
        "spent_question",
        sa.Column("id", sa.String(64), nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_question")),
    )
    op.create_index(op.f("ix_spent_question_expires_at"), "spent_question", ["expires_at"])


def downgrade() -> None:
    for table in (
        "spent_question",
        "user_certificate",
        "provided_account",
        "key_challenge",
        "security_key",
        "recovery_code",
        "totp",
    ):
        op.drop_table(table)
