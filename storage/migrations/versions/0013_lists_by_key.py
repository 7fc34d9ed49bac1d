"""lists that people see are served by indexes of their own

Revision: 0013
Revises: 0012
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op


revision: str = '0013'
down_revision: str | None = '0012'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MAY_FOLLOW = (
    "(wire_state IN ('SUBMITTED', 'RECEIVED', 'AWAITING_SUPPLEMENT', 'SUPPLEMENTED', 'UNDER_REVIEW', 'SUSPENDED')"
    " OR (wire_state = 'DECIDED' AND (result_travels OR originals_travel)))"
)
_OPEN, _CLOSED = 'closed_at IS NULL', 'closed_at IS NOT NULL'
_NOT_DUE = 'closed_at IS NULL AND due_at IS NULL'
_TASK_DUE, _LEG_TURN = sa.text('coalesce(deadline_at, opened_at)'), sa.text('coalesce(planned_arrival_at, ordered_at)')

_NEW: list[tuple[str, str, list[Any], str | None]] = [
    *(
        new
        for name, of in (('all', []), ('owner', ['owner']), ('kind', ['kind']))
        for new in (
            (f'ix_task_open_{name}_new', 'task', [*of, 'opened_at', 'id'], 'resolved_at IS NULL'),
            (f'ix_task_open_{name}_due', 'task', [*of, _TASK_DUE, 'id'], 'resolved_at IS NULL'),
            (f'ix_task_resolved_{name}', 'task', [*of, 'resolved_at', 'id'], 'resolved_at IS NOT NULL'),
        )
    ),
    *(
        new
        for name, of in (('', []), ('status_', ['status']))
        for new in (
            (f'ix_case_file_{name}urgent', 'case_file', [*of, 'due_at', 'case_no', 'item_name'], _OPEN),
            (f'ix_case_file_{name}open', 'case_file', [*of, 'case_no', 'item_name'], _NOT_DUE),
            (f'ix_case_file_{name}closed', 'case_file', [*of, 'case_no', 'item_name'], _CLOSED),
        )
    ),
    ('ix_case_file_registered', 'case_file', ['registered_at', 'case_no'], None),
    ('ix_case_file_scheme_status', 'case_file', ['scheme', 'status'], None),
    ('ix_handling_scheme_case', 'handling', ['scheme', 'case_no'], None),
    ('ix_handling_case_scheme', 'handling', ['case_no', 'scheme'], None),
    ('ix_handling_of_partner', 'handling', ['partner'], 'partner IS NOT NULL'),
    ('ix_handling_undecided', 'handling', ['handling_no'], f'partner IS NULL AND decision IS NULL AND {_MAY_FOLLOW}'),
    ('ix_handling_to_dispatch', 'handling', ['handling_no'], f'partner IS NULL AND decision IS NOT NULL AND {_MAY_FOLLOW}'),
    ('ix_handling_waiting', 'handling', ['partner', 'waiting_since'], 'waiting_since IS NOT NULL'),
    ('ix_leg_work_outlet', 'leg', ['outlet_id', _LEG_TURN, 'leg_id'], 'ended_at IS NULL'),
    ('ix_leg_work_stage', 'leg', ['stage', _LEG_TURN, 'leg_id'], 'ended_at IS NULL'),
    ('ix_inbox_sender_id', 'inbox', ['sender', 'id'], None),
    ('ix_command_partner_rendered', 'command', ['partner', 'rendered_at', 'key'], None),
    ('ix_exchange_partner_id', 'exchange', ['partner', 'id'], None),
    ('ix_exchange_said', 'exchange', ['partner', 'id'], "verdict <> 'EMPTY'"),
    ('ix_deadline_open', 'deadline', ['stopped_at', 'due_at', 'case_no'], None),
]

_OLD = [
    ('ix_task_kind', 'task', ['kind']),
    ('ix_task_owner', 'task', ['owner']),
    ('ix_task_resolved_at', 'task', ['resolved_at']),
    ('ix_case_file_closed_at', 'case_file', ['closed_at']),
    ('ix_case_file_due_at', 'case_file', ['due_at']),
    ('ix_handling_case_no', 'handling', ['case_no']),
    ('ix_handling_partner', 'handling', ['partner']),
    ('ix_command_partner', 'command', ['partner']),
    ('ix_exchange_partner', 'exchange', ['partner']),
    ('ix_deadline_open', 'deadline', ['stopped_at', 'due_at']),
]


def upgrade() -> None:
    for name, table, _ in _OLD:
        op.drop_index(name, table_name=table)
    for name, table, columns, where in _NEW:
        only = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name, table, _, _ in _NEW:
        op.drop_index(name, table_name=table)
    for name, table, columns in _OLD:
        op.create_index(name, table, columns)
