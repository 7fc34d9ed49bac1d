"""each paper of a case has a passport, and every sighting of it is kept

Revision: 0021
Revises: 0019
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = '0021'
down_revision: str | None = '0019'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'paper',
        sa.Column('paper_no', sa.String(length=32), nullable=False),
        sa.Column('case_no', sa.String(length=21), nullable=False),
        sa.Column('handling_no', sa.String(length=21), nullable=True),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(length=64), nullable=False),
        sa.Column('origin', sa.String(length=16), nullable=False),
        sa.Column('round', sa.Integer(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=True),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('form', sa.String(length=16), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('pages', sa.Integer(), nullable=False),
        sa.Column('travels', sa.Boolean(), nullable=False),
        sa.Column('keep', sa.Boolean(), nullable=False),
        sa.Column('start', sa.String(length=16), nullable=False),
        sa.Column('start_id', sa.String(length=64), nullable=True),
        sa.Column('issued_at', UtcDateTime(timezone=True), nullable=False),
        sa.Column('place', sa.String(length=16), nullable=False),
        sa.Column('place_id', sa.String(length=64), nullable=True),
        sa.Column('counted', sa.Integer(), nullable=True),
        sa.Column('counted_by', sa.String(length=64), nullable=True),
        sa.Column('counted_at', UtcDateTime(timezone=True), nullable=True),
        sa.Column('counted_where', sa.String(length=16), nullable=True),
        sa.Column('decision', sa.String(length=16), nullable=True),
        sa.Column('decided_for', sa.Integer(), nullable=True),
        sa.Column('fate', sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(['case_no'], ['case_file.case_no'], name=op.f('fk_paper_case_no_case_file')),
        sa.PrimaryKeyConstraint('paper_no', name=op.f('pk_paper')),
        sa.UniqueConstraint('case_no', 'source', name=op.f('uq_paper_case_no_source')),
        sa.UniqueConstraint('case_no', 'number', name=op.f('uq_paper_case_no_number')),
    )
    op.create_table(
        'paper_sighting',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('case_no', sa.String(length=21), nullable=False),
        sa.Column('paper_no', sa.String(length=32), nullable=False),
        sa.Column('event_id', sa.String(length=96), nullable=False),
        sa.Column('leg_id', sa.String(length=48), nullable=True),
        sa.Column('place', sa.String(length=16), nullable=False),
        sa.Column('said', sa.Integer(), nullable=False),
        sa.Column('counted', sa.Integer(), nullable=True),
        sa.Column('by', sa.String(length=64), nullable=False),
        sa.Column('at', UtcDateTime(timezone=True), nullable=False),
        sa.Column('recorded_at', UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_sighting')),
        sa.UniqueConstraint('paper_no', 'event_id', name=op.f('uq_paper_sighting_paper_no_event_id')),
    )
    op.create_index(op.f('ix_paper_sighting_case_no'), 'paper_sighting', ['case_no'])


def downgrade() -> None:
    op.drop_index(op.f('ix_paper_sighting_case_no'), table_name='paper_sighting')
    op.drop_table('paper_sighting')
    op.drop_table('paper')
