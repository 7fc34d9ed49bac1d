"""figures are worked out from narrow rows in indexes, never from whole documents

Revision: 0015
Revises: 0014
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = '0015'
down_revision: str | None = '0014'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MEMBERS: list[tuple[str, str, str, str, Any]] = [
    ('case_file', 'item_kind', 'item', 'kind', sa.String(16)),
    ('case_file', 'statutory_days', 'item', 'statutory_days', sa.Integer()),
    ('case_file', 'promised_days', 'item', 'promised_days', sa.Integer()),
    ('case_file', 'result_form', 'item', 'result_form', sa.String(16)),
    ('case_file', 'rated_score', 'rating', 'score', sa.Integer()),
    ('case_file', 'rated_side', 'rating', 'side', sa.String(16)),
    ('case_file', 'rated_rework', 'rating', 'rework', sa.String(24)),
    ('leg', 'verdict', 'promise', 'verdict', sa.String(24)),
]
_STEPS = ('ACCEPTED', 'REVIEWING', 'SUSPENDED', 'RESUMED', 'APPROVED', 'REJECTED', 'NOT_ACCEPTED', 'HANDED_OVER')
_FIGURES = [
    'registered_at', 'case_no', 'mode', 'status', 'channel', 'decided_at', 'closed_at', 'time_scale', 'item_kind',
    'statutory_days', 'promised_days', 'result_form', 'rated_score', 'rated_side', 'rated_rework', 'item_code',
]
_NEW: list[tuple[str, str, list[str], str | None]] = [
    ('ix_case_file_figures', 'case_file', _FIGURES, None),
    ('ix_case_event_figures', 'case_event', ['case_no', 'id', 'handling_no', 'kind', 'at'],
     f"kind IN ({', '.join(repr(kind) for kind in _STEPS)})"),
    ('ix_deadline_promised', 'deadline', ['case_no', 'id', 'handling_no', 'due_at', 'stopped_at'],
     "kind = 'DECISION_PROMISED'"),
    ('ix_leg_fetched', 'leg', ['case_no'], "leg = 'PICKUP' AND outcome = 'DELIVERED'"),
    ('ix_leg_door', 'leg', ['verdict', 'ordered_at', 'case_no'],
     "leg IN ('PICKUP', 'DELIVERY') AND verdict IS NOT NULL"),
]


def _said(column: str, name: str, type_: Any) -> str:
    """Each database's own word; older versions of SQLite do not know the arrow."""
    if op.get_bind().dialect.name == 'sqlite':
        return f"json_extract({column}, '$.{name}')"
    return f"CAST({column} ->> '{name}' AS {type_.compile(op.get_bind().dialect)})"


def upgrade() -> None:
    for table, column, _, _, type_ in _MEMBERS:
        op.add_column(table, sa.Column(column, type_, nullable=True))
    for table in ('case_file', 'leg'):
        told = ', '.join(f'{column} = {_said(of, name, type_)}' for of_table, column, of, name, type_ in _MEMBERS
                         if of_table == table)
        op.execute(f'UPDATE {table} SET {told}')
    for name, table, columns, where in _NEW:
        only = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
    op.drop_index('ix_case_file_registered', table_name='case_file')


def downgrade() -> None:
    op.create_index('ix_case_file_registered', 'case_file', ['registered_at', 'case_no'])
    for name, table, _, _ in _NEW:
        op.drop_index(name, table_name=table)
    for table, column, *_ in _MEMBERS:
        op.drop_column(table, column)
