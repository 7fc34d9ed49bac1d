"""reports are worked out from one narrow row for a case, and from columns of a leg instead of its promise

Revision: 0016
Revises: 0015
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = '0016'
down_revision: str | None = '0015'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ACCEPTED = "('ACCEPTED', 'REVIEWING')"
_DECIDED = "('APPROVED', 'REJECTED', 'NOT_ACCEPTED')"
_STEPS = "('ACCEPTED', 'REVIEWING', 'SUSPENDED', 'RESUMED', 'APPROVED', 'REJECTED', 'NOT_ACCEPTED', 'HANDED_OVER')"
_CLOCK = "NEW.kind = 'DECISION_PROMISED'"
_COLUMNS = ('case_no, handlings, scheme, told, accepted_at, ended_at, handed_over, clocks, clock_due_at, '
            'clock_stopped_at')
_HANDLING = 'NEW.case_no, 1, NEW.scheme, 0, NULL, NULL, 0, 0, NULL, NULL'
_LINE = (f"NEW.case_no, 0, NULL, CASE WHEN NEW.kind = 'HANDED_OVER' THEN 0 ELSE 1 END, "
         f'CASE WHEN NEW.kind IN {_ACCEPTED} THEN NEW.at END, CASE WHEN NEW.kind IN {_DECIDED} THEN NEW.at END, '
         f"CASE WHEN NEW.kind = 'HANDED_OVER' THEN 1 ELSE 0 END, 0, NULL, NULL")
_NEW_CLOCK = 'NEW.case_no, 0, NULL, 0, NULL, NULL, 0, 1, NEW.due_at, NEW.stopped_at'
_MOVED = ('UPDATE case_facts SET clock_due_at = NEW.due_at, clock_stopped_at = NEW.stopped_at '
          'WHERE case_no = NEW.case_no')

_OF_LEG: list[tuple[str, Any]] = [
    ('provisional', sa.Boolean()),
    ('stopped', sa.Boolean()),
    ('verified', sa.Boolean()),
    ('raw_minutes', sa.Double()),
    ('adjusted_minutes', sa.Double()),
    ('excused', sa.String()),
]
_REPORT = ['leg', 'ordered_at', 'outlet_id', 'verdict', *(name for name, _ in _OF_LEG)]
_DOOR = "leg IN ('PICKUP', 'DELIVERY')"


def _added(values: str) -> str:
    """One statement that adds `values` to the case's row; the smaller of two, of which one may be missing."""
    postgresql = op.get_bind().dialect.name == 'postgresql'

    def smaller(name: str) -> str:
        ours, new = f'case_facts.{name}', f'excluded.{name}'
        return f'least({ours}, {new})' if postgresql else f'min(coalesce({ours}, {new}), coalesce({new}, {ours}))'

    counted = (f'{name} = case_facts.{name} + excluded.{name}' for name in ('handlings', 'told', 'handed_over', 'clocks'))
    least = (f'{name} = {smaller(name)}' for name in ('scheme', 'accepted_at', 'ended_at'))
    last = (f'{name} = CASE WHEN excluded.clocks > 0 THEN excluded.{name} ELSE case_facts.{name} END'
            for name in ('clock_due_at', 'clock_stopped_at'))
    return (f'INSERT INTO case_facts ({_COLUMNS}) VALUES ({values}) '
            f'ON CONFLICT (case_no) DO UPDATE SET {", ".join([*counted, *least, *last])}')


def _triggers() -> list[tuple[str, str, str, str | None, str]]:
    """Name, table, event, condition and statement of each."""
    return [
        ('facts_handling', 'handling', 'INSERT', None, _added(_HANDLING)),
        ('facts_case_event', 'case_event', 'INSERT', f'NEW.kind IN {_STEPS}', _added(_LINE)),
        ('facts_deadline', 'deadline', 'INSERT', _CLOCK, _added(_NEW_CLOCK)),
        ('facts_deadline_moved', 'deadline', 'UPDATE OF due_at, stopped_at', _CLOCK, _MOVED),
    ]


def _watch() -> None:
    for name, table, event, condition, statement in _triggers():
        when = f'WHEN ({condition})' if condition else ''
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '
                       f'$$ BEGIN {statement}; RETURN NULL; END $$')
            op.execute(f'CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} '
                       f'EXECUTE FUNCTION {name}()')
        else:
            op.execute(f'CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} BEGIN {statement}; END')


def _fill() -> None:
    def of(what: str, table: str, where: str = '') -> str:
        return f'(SELECT {what} FROM {table} x WHERE x.case_no = c.case_no{where})'

    clock = " AND x.kind = 'DECISION_PROMISED'"
    told = f" AND x.kind IN {_STEPS} AND x.kind <> 'HANDED_OVER'"
    read = [
        'c.case_no',
        of('count(*)', 'handling'),
        of('min(x.scheme)', 'handling'),
        of('count(*)', 'case_event', told),
        of('min(x.at)', 'case_event', f' AND x.kind IN {_ACCEPTED}'),
        of('min(x.at)', 'case_event', f' AND x.kind IN {_DECIDED}'),
        of('count(*)', 'case_event', " AND x.kind = 'HANDED_OVER'"),
        of('count(*)', 'deadline', clock),
        of('max(x.due_at)', 'deadline', clock),
        of('max(x.stopped_at)', 'deadline', clock),
    ]
    op.execute(f'INSERT INTO case_facts ({_COLUMNS}) SELECT {", ".join(read)} FROM case_file c')


def _tell_legs() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        said = {name: f"CAST(promise ->> '{name}' AS {type_.compile(op.get_bind().dialect)})"
                for name, type_ in _OF_LEG}
        said['stopped'] = "promise ->> 'stopped_at' IS NOT NULL"
    else:
        said = {name: f"json_extract(promise, '$.{name}')" for name, _ in _OF_LEG}
        said['stopped'] = "json_extract(promise, '$.stopped_at') IS NOT NULL"
    said['excused'] = f"NULLIF({said['excused']}, '{{}}')"
    told = ', '.join(f'{name} = {value}' for name, value in said.items())
    op.execute(f'UPDATE leg SET {told} WHERE verdict IS NOT NULL')


def upgrade() -> None:
    op.create_table(
        'case_facts',
        sa.Column('case_no', sa.String(21), nullable=False),
        sa.Column('handlings', sa.Integer(), nullable=False),
        sa.Column('scheme', sa.String(16), nullable=True),
        sa.Column('told', sa.Integer(), nullable=False),
        sa.Column('accepted_at', UtcDateTime(timezone=True), nullable=True),
        sa.Column('ended_at', UtcDateTime(timezone=True), nullable=True),
        sa.Column('handed_over', sa.Integer(), nullable=False),
        sa.Column('clocks', sa.Integer(), nullable=False),
        sa.Column('clock_due_at', UtcDateTime(timezone=True), nullable=True),
        sa.Column('clock_stopped_at', UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('case_no', name=op.f('pk_case_facts')),
        sqlite_with_rowid=False,
    )
    _fill()
    _watch()
    for name, type_ in _OF_LEG:
        op.add_column('leg', sa.Column(name, type_, nullable=True))
    _tell_legs()
    op.create_index('ix_leg_report', 'leg', _REPORT, sqlite_where=sa.text(_DOOR), postgresql_where=sa.text(_DOOR))


def downgrade() -> None:
    op.drop_index('ix_leg_report', table_name='leg')
    for name, _ in _OF_LEG:
        op.drop_column('leg', name)
    for name, table, *_ in _triggers():
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'DROP TRIGGER {name} ON {table}')
            op.execute(f'DROP FUNCTION {name}()')
        else:
            op.execute(f'DROP TRIGGER {name}')
    op.drop_table('case_facts')
