"""who has read which document

Revision: 0018
Revises: 0017
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base


revision: str = '0018'
down_revision: str | None = '0017'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('document_access',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('case_no', sa.String(length=21), nullable=True),
    sa.Column('reader', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('at', storage.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_access'))
    )
    op.create_index('ix_document_access_document', 'document_access', ['sha256', 'at'])
    op.create_index('ix_document_access_case', 'document_access', ['case_no', 'at'])


def downgrade() -> None:
    op.drop_table('document_access')
