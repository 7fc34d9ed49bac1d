"""no case begins without an agent's authorisation any more: the tasks that asked for one afterwards go

Revision: 0008
Revises: 0007
"""

from collections.abc import Sequence

from alembic import op

revision: str = '0008'
down_revision: str | None = '0007'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("DELETE FROM task WHERE kind = 'AGENT_AUTHORISATION'")


def downgrade() -> None:
    pass
