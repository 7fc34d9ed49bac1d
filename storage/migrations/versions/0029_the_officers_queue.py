"""the officer's queue by the law's deadlines, who has which handling, and decisions that two people make

Revision: 0029
Revises: 0028
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MAY_FOLLOW = (
    "(wire_state IN ('SUBMITTED', 'RECEIVED', 'AWAITING_SUPPLEMENT', 'SUPPLEMENTED', 'UNDER_REVIEW', 'SUSPENDED')"
    " OR (wire_state = 'DECIDED' AND (result_travels OR originals_travel)))"
)
_NEW = (
    ("ix_handling_undecided_due", ["legal_due_at", "handling_no"], f"partner IS NULL AND decision IS NULL AND {_MAY_FOLLOW}"),
    ("ix_handling_to_dispatch_due", ["legal_due_at", "handling_no"], f"partner IS NULL AND decision IS NOT NULL AND {_MAY_FOLLOW}"),
    ("ix_handling_held", ["held_by", "wire_state", "proposal_id"], f"partner IS NULL AND {_MAY_FOLLOW}"),
)
_FILL = (
    "UPDATE handling SET legal_due_at = (SELECT min(d.due_at) FROM deadline d WHERE d.case_no = handling.case_no"
    " AND d.handling_no = handling.handling_no AND d.stopped_at IS NULL"
    " AND d.kind IN ('ACCEPTANCE', 'DECISION_STATUTORY', 'RESULT_DELIVERY')) WHERE partner IS NULL"
)


def _at(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column("handling", _at("legal_due_at"))
    op.add_column("handling", sa.Column("held_by", sa.String(64), nullable=True))
    op.add_column("handling", _at("held_since"))
    op.add_column("handling", sa.Column("proposal_id", sa.Integer(), nullable=True))
    op.execute(_FILL)
    for name, columns, where in _NEW:
        op.create_index(name, "handling", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_table(
        "handling_holding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handling_no", sa.String(21), nullable=False),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("by", sa.String(64), nullable=False),
        _at("at", nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_holding")),
        sa.ForeignKeyConstraint(
            ["handling_no"], ["handling.handling_no"], name=op.f("fk_handling_holding_handling_no_handling")
        ),
    )
    op.create_index(op.f("ix_handling_holding_handling_no"), "handling_holding", ["handling_no"])
    op.create_table(
        "decision_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handling_no", sa.String(21), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        _at("proposed_at", nullable=False),
        sa.Column("ended_by", sa.String(64), nullable=True),
        _at("ended_at"),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_proposal")),
        sa.UniqueConstraint("handling_no", "key", name=op.f("uq_decision_proposal_handling_no_key")),
        sa.ForeignKeyConstraint(
            ["handling_no"], ["handling.handling_no"], name=op.f("fk_decision_proposal_handling_no_handling")
        ),
    )
    op.create_index(op.f("ix_decision_proposal_handling_no"), "decision_proposal", ["handling_no"])


def downgrade() -> None:
    op.drop_table("decision_proposal")
    op.drop_table("handling_holding")
    for name, _, _ in _NEW:
        op.drop_index(name, "handling")
    for column in ("proposal_id", "held_since", "held_by", "legal_due_at"):
        op.drop_column("handling", column)
