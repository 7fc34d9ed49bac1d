"""the matter of each handling, so that the clerk sees other cases of the same person, item and region

Revision: 0019
Revises: 0018
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0019'
down_revision: str | None = '0018'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'same_matter',
        sa.Column('handling_no', sa.String(21), nullable=False),
        sa.Column('mark', sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ['handling_no'], ['handling.handling_no'], name=op.f('fk_same_matter_handling_no_handling')
        ),
        sa.PrimaryKeyConstraint('handling_no', name=op.f('pk_same_matter')),
    )
    op.create_index(op.f('ix_same_matter_mark'), 'same_matter', ['mark'])


def downgrade() -> None:
    op.drop_table('same_matter')
