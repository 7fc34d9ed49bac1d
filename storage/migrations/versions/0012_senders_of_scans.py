"""each sender's scans under its own name; loose scans age, missing proofs are told once

Revision: 0012
Revises: 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ATTACHED = sa.text("leg_id IS NOT NULL")
_LOOSE = sa.text("leg_id IS NULL AND aged_at IS NULL")
_BY_NUMBER = sa.text("leg_id IS NULL AND aged_at IS NULL AND code IS NOT NULL")
_BY_AGE = sa.text("leg_id IS NULL AND aged_at IS NULL AND recorded_at IS NOT NULL")
_AWAITED = sa.text("uploaded_at IS NULL")
_UNASKED = sa.text("uploaded_at IS NULL AND missed_at IS NULL")

# Lines that were ours: what no device could make the server write (natural_key), or our own name with our own ids.
_SOURCE = """
UPDATE scan_event SET said_id = event_id, source = CASE
  WHEN actor = 'kuayu' AND device_id = 'kuayu-' || leg_id AND event_id LIKE 'own-' || leg_id || '-%' THEN 'own'
  WHEN natural_key = event_id AND device_id = 'handover-' || leg_id THEN 'handover'
  WHEN natural_key IS NOT NULL AND actor = 'carrier' AND device_id LIKE 'carrier-%' THEN 'carrier'
  ELSE 'device' END
"""
_TOLD = """
UPDATE scan_proof SET missed_at = (
  SELECT task.opened_at FROM task
  WHERE task.key = 'proof/' || scan_proof.event_id || '/' || substr(scan_proof.sha256, 1, 16))
WHERE uploaded_at IS NULL
"""


def upgrade() -> None:
    with op.batch_alter_table("scan_event") as table:
        table.drop_index("ix_scan_event_loose")
        table.add_column(sa.Column("source", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("said_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("voids_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("aged_at", storage.base.UtcDateTime(timezone=True), nullable=True))
    op.execute(_SOURCE)
    with op.batch_alter_table("scan_event") as table:
        table.alter_column("source", existing_type=sa.String(length=8), nullable=False)
        table.alter_column("said_id", existing_type=sa.String(length=64), nullable=False)
        table.drop_constraint("uq_scan_event_device_id_device_seq", type_="unique")
        table.create_unique_constraint(
            op.f("uq_scan_event_source_device_id_device_seq"), ["source", "device_id", "device_seq"]
        )
        table.create_unique_constraint(
            op.f("uq_scan_event_source_device_id_said_id"), ["source", "device_id", "said_id"]
        )
        table.create_index(op.f("ix_scan_event_said_id"), ["said_id"])
    for name, column, on_sqlite, on_postgresql in (
        ("ix_scan_event_leg_id", "leg_id", _ATTACHED, _ATTACHED),
        ("ix_scan_event_loose", "code", _LOOSE, _BY_NUMBER),
        ("ix_scan_event_ageing", "recorded_at", _LOOSE, _BY_AGE),
    ):
        op.create_index(name, "scan_event", [column], sqlite_where=on_sqlite, postgresql_where=on_postgresql)
    with op.batch_alter_table("scan_proof") as table:
        table.drop_index(op.f("ix_scan_proof_uploaded_at"))
        table.add_column(sa.Column("missed_at", storage.base.UtcDateTime(timezone=True), nullable=True))
    op.execute(_TOLD)
    with op.batch_alter_table("leg") as table:  # contracts.md A and B let a partner's number have 64 characters
        table.alter_column("tracking_no", existing_type=sa.String(length=32), type_=sa.String(length=64))
    for name, which in (("ix_scan_proof_awaited", _AWAITED), ("ix_scan_proof_unasked", _UNASKED)):
        op.create_index(name, "scan_proof", ["named_at"], sqlite_where=which, postgresql_where=which)


def downgrade() -> None:
    """Only for a log in which no two senders have used one id or one sequence."""
    with op.batch_alter_table("leg") as table:
        table.alter_column("tracking_no", existing_type=sa.String(length=64), type_=sa.String(length=32))
    for name in ("ix_scan_proof_awaited", "ix_scan_proof_unasked"):
        op.drop_index(name, "scan_proof")
    with op.batch_alter_table("scan_proof") as table:
        table.drop_column("missed_at")
        table.create_index(op.f("ix_scan_proof_uploaded_at"), ["uploaded_at"])
    for name in ("ix_scan_event_leg_id", "ix_scan_event_loose", "ix_scan_event_ageing"):
        op.drop_index(name, "scan_event")
    with op.batch_alter_table("scan_event") as table:
        table.drop_index(op.f("ix_scan_event_said_id"))
        table.drop_constraint(op.f("uq_scan_event_source_device_id_device_seq"), type_="unique")
        table.drop_constraint(op.f("uq_scan_event_source_device_id_said_id"), type_="unique")
        table.create_unique_constraint("uq_scan_event_device_id_device_seq", ["device_id", "device_seq"])
        for column in ("source", "said_id", "voids_id", "aged_at"):
            table.drop_column(column)
        table.create_index("ix_scan_event_loose", ["leg_id", "code"])
