"""no case begins without an agent's authorisation any more: the tasks that asked for one afterwards go

Revision: 0007
Revises: 0006
"""

from collections.abc import Sequence

from alembic import op

revision: str = '0007'
down_revision: str | None = '0006'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("DELETE FROM task WHERE kind = 'AGENT_AUTHORISATION'")


def downgrade() -> None:
    pass
