"""hand-overs confirmed by both sides

Revision: 0006
Revises: 0005
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base


revision: str = '0006'
down_revision: str | None = '0005'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('handover',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('leg_id', sa.String(length=48), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('from_party', sa.String(length=64), nullable=False),
    sa.Column('to_party', sa.String(length=64), nullable=False),
    sa.Column('given', sa.JSON(), nullable=True),
    sa.Column('taken', sa.JSON(), nullable=True),
    sa.Column('event_id', sa.String(length=64), nullable=True),
    sa.Column('opened_at', storage.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover')),
    sa.UniqueConstraint('event_id', name=op.f('uq_handover_event_id')),
    sa.UniqueConstraint('leg_id', 'number', name=op.f('uq_handover_leg_id_number'))
    )
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handover_leg_id'), ['leg_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_leg_id'))

    op.drop_table('handover')
