"""accounts: a first password is changed by its owner, former ones are known; sessions say since when and from where

Revision: 0040
Revises: 0039

Sessions of before say none of this: they end here, and everybody logs in once more.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TIMES = ("password_changed_at", "password_until", "created_at", "last_login_at", "disabled_at")


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.drop_table("login")
    op.create_table(
        "login",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        _at("opened_at"),
        _at("seen_at"),
        _at("expires_at"),
        _at("latest_at"),
        sa.Column("came_from", sa.String(45), nullable=False),
        sa.Column("agent", sa.String(80), nullable=False),
        sa.Column("amr", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_username"), "login", ["username"])
    op.create_index(op.f("ix_login_expires_at"), "login", ["expires_at"])
    for name in ("vetted", "must_change"):
        op.add_column("user_account", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in _TIMES:
        op.add_column("user_account", _at(name, nullable=True))
    op.add_column("user_account", sa.Column("disabled_by", sa.String(64), nullable=True))
    op.create_table(
        "former_password",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        _at("replaced_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_password")),
    )
    op.create_index(op.f("ix_former_password_username"), "former_password", ["username"])
    op.create_table(
        "login_place",
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        _at("seen_at"),
        sa.PrimaryKeyConstraint("username", "place", name=op.f("pk_login_place")),
    )


def downgrade() -> None:
    op.drop_table("login_place")
    op.drop_table("former_password")
    with op.batch_alter_table("user_account") as batch:
        for name in ("vetted", "must_change", *_TIMES, "disabled_by"):
            batch.drop_column(name)
    op.drop_table("login")
    op.create_table(
        "login",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login")),
    )
    op.create_index(op.f("ix_login_username"), "login", ["username"])
    op.create_index(op.f("ix_login_expires_at"), "login", ["expires_at"])
