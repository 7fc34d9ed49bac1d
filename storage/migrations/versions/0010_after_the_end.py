"""what a closed case is opened again from, and when what waits is told again

Revision: 0010
Revises: 0009
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base


revision: str = '0010'
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table('case_file') as table:
        table.add_column(sa.Column('reopened_at', storage.base.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column('carried', sa.JSON(), nullable=True))
    with op.batch_alter_table('inbox') as table:
        table.add_column(sa.Column('due_at', storage.base.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column('refusals', sa.Integer(), nullable=False, server_default='0'))
        table.create_index('ix_inbox_to_tell', ['state', 'case_no'])
    with op.batch_alter_table('pending_update') as table:
        table.add_column(sa.Column('due_at', storage.base.UtcDateTime(timezone=True), nullable=True))
        table.create_index('ix_pending_update_to_tell', ['delivered_at', 'workflow_id'])


def downgrade() -> None:
    with op.batch_alter_table('pending_update') as table:
        table.drop_index('ix_pending_update_to_tell')
        table.drop_column('due_at')
    with op.batch_alter_table('inbox') as table:
        table.drop_index('ix_inbox_to_tell')
        table.drop_column('refusals')
        table.drop_column('due_at')
    with op.batch_alter_table('case_file') as table:
        table.drop_column('carried')
        table.drop_column('reopened_at')
