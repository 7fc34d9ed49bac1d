"""logins are found by when they expire

Revision: 0014
Revises: 0013
"""

from collections.abc import Sequence

from alembic import op

revision: str = '0014'
down_revision: str | None = '0013'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(op.f('ix_login_expires_at'), 'login', ['expires_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_login_expires_at'), table_name='login')
