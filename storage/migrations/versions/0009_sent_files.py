"""which files a partner has already

Revision: 0009
Revises: 0008
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base


revision: str = '0009'
down_revision: str | None = '0008'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('sent_file',
    sa.Column('partner', sa.String(length=16), nullable=False),
    sa.Column('scope', sa.String(length=21), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('sent_at', storage.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('partner', 'scope', 'sha256', name=op.f('pk_sent_file'))
    )


def downgrade() -> None:
    op.drop_table('sent_file')
