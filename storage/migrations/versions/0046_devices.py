"""devices that scan: enrolled with a key of their own, the codes that enrol them, and which session is on which

Revision: 0046
Revises: 0045
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "enrolled_device",
        _text("device_id", 64),
        _text("name", 40),
        _text("outlet_id", 32),
        _text("username", 64, nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        _text("invited_by", 64),
        _text("enrolled_by", 64),
        _at("enrolled_at"),
        _at("last_seen_at", nullable=True),
        _text("last_seen_by", 64, nullable=True),
        _at("revoked_at", nullable=True),
        _text("revoked_by", 64, nullable=True),
        _text("reason", 16, nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_enrolled_device")),
    )
    op.create_index(op.f("ix_enrolled_device_outlet_id"), "enrolled_device", ["outlet_id"])
    op.create_table(
        "device_code",
        _text("digest", 64),
        _text("name", 40),
        _text("outlet_id", 32),
        _text("username", 64, nullable=True),
        _text("made_by", 64),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_device_code")),
    )
    op.create_index(op.f("ix_device_code_expires_at"), "device_code", ["expires_at"])
    op.add_column("login", _text("device_id", 64, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("login") as batch:
        batch.drop_column("device_id")
    op.drop_table("device_code")
    op.drop_table("enrolled_device")
