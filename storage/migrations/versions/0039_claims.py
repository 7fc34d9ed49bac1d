"""claims about parcels, and every step of them

Revision: 0039
Revises: 0038
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN, _OVER = "closed_at IS NULL", "closed_at IS NOT NULL"
_INDEXES = (
    ("uq_claim_open", ["leg_id"], _OPEN),
    ("ix_claim_look", ["look_at", "claim_id"], "look_at IS NOT NULL"),
    ("ix_claim_open_due", ["due_at", "claim_id"], _OPEN),
    ("ix_claim_open_state", ["state", "due_at", "claim_id"], _OPEN),
    ("ix_claim_over", ["closed_at", "claim_id"], _OVER),
    ("ix_claim_over_state", ["state", "closed_at", "claim_id"], _OVER),
)


def _at(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _fen(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("claim_id", sa.String(32), nullable=False),
        sa.Column("case_no", sa.String(21), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("leg_id", sa.String(48), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(20), nullable=False),
        sa.Column("behalf", sa.String(12), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        _at("posted_at", nullable=False),
        sa.Column("papers", sa.JSON(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("gross", sa.Boolean(), nullable=False),
        _fen("insured_fen"),
        _fen("value_fen"),
        _fen("loss_fen"),
        _fen("postage_fen"),
        _fen("asked_fen", nullable=False),
        _fen("accepted_fen"),
        sa.Column("remote", sa.Boolean(), nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        _at("opened_at", nullable=False),
        _at("due_at"),
        _at("look_at"),
        _at("closed_at"),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim")),
        sa.UniqueConstraint("case_no", "number", name=op.f("uq_claim_case_no_number")),
        sa.ForeignKeyConstraint(["case_no"], ["case_file.case_no"], name=op.f("fk_claim_case_no_case_file")),
    )
    for name, columns, where in _INDEXES:
        op.create_index(
            name,
            "claim",
            columns,
            unique=name.startswith("uq_"),
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "claim_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        _at("at", nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_event")),
        sa.UniqueConstraint("claim_id", "number", name=op.f("uq_claim_event_claim_id_number")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.claim_id"], name=op.f("fk_claim_event_claim_id_claim")),
    )


def downgrade() -> None:
    op.drop_table("claim_event")
    op.drop_table("claim")
