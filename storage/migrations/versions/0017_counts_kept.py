"""the dashboard's counts, the soonest end of a case's clocks and the names of items are kept with what they tell of

Revision: 0017
Revises: 0016
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = '0017'
down_revision: str | None = '0016'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DUE = 'first_due_at IS NOT NULL'
_LOCK = 0x4B59  # first half of the advisory locks of slots


class _Counted(NamedTuple):
    """Rows of `table` that fit `when` are counted under `name` and `key`; `R` stands for the row."""

    name: str
    table: str
    key: str
    when: str
    columns: str


_COUNTED = (
    _Counted('case', 'case_file', "R.scheme || '/' || R.status", 'true', 'scheme, status'),
    _Counted('open', 'case_file', "''", 'R.closed_at IS NULL', 'closed_at'),
    _Counted('task', 'task', "''", 'R.resolved_at IS NULL', 'resolved_at'),
    _Counted('door', 'leg', 'R.verdict', "R.leg IN ('PICKUP', 'DELIVERY') AND R.verdict IS NOT NULL", 'leg, verdict'),
)
# Who writes counts in a slot that nobody else has until the end of his transaction: no writer waits for another.
_SLOT = f"""CREATE FUNCTION tally_slot() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE place integer := 0;
BEGIN
  WHILE NOT pg_try_advisory_xact_lock({_LOCK}, place) LOOP place := place + 1; END LOOP;
  RETURN place;
END $$"""
# Not `WHERE stopped_at IS NULL`: that leads SQLite through every running clock instead of those of the case.
_SOONEST = '(SELECT min(CASE WHEN stopped_at IS NULL THEN due_at END) FROM deadline WHERE case_no = NEW.case_no)'
_CLOCK = (
    'INSERT INTO case_facts (case_no, handlings, told, handed_over, clocks, first_due_at) '
    f'VALUES (NEW.case_no, 0, 0, 0, 0, {_SOONEST}) '
    'ON CONFLICT (case_no) DO UPDATE SET first_due_at = excluded.first_due_at'
)
_NAME = 'INSERT INTO item_name (name) VALUES (NEW.item_name) ON CONFLICT (name) DO NOTHING'


def _postgresql() -> bool:
    return op.get_bind().dialect.name == 'postgresql'


def _added(counted: _Counted, row: str, by: int) -> str:
    slot = 'tally_slot()' if _postgresql() else '0'
    key, when = (said.replace('R.', f'{row}.') for said in (counted.key, counted.when))
    return (f"INSERT INTO tally (name, key, slot, count) SELECT '{counted.name}', {key}, {slot}, {by} WHERE {when} "
            'ON CONFLICT (name, key, slot) DO UPDATE SET count = tally.count + excluded.count')


def _triggers() -> Iterator[tuple[str, str, str, str | None, str]]:
    """Name, table, event, condition and statements of each."""
    for counted in _COUNTED:
        name, table = f'tally_{counted.name}', counted.table
        more, less = _added(counted, 'NEW', 1), _added(counted, 'OLD', -1)
        moved = ' OR '.join(f'OLD.{each} IS DISTINCT FROM NEW.{each}' for each in counted.columns.split(', '))
        if not _postgresql():
            moved = moved.replace('IS DISTINCT FROM', 'IS NOT')
        yield f'{name}_in', table, 'INSERT', None, more
        yield f'{name}_out', table, 'DELETE', None, less
        yield f'{name}_moved', table, f'UPDATE OF {counted.columns}', moved, f'{less}; {more}'
    # A second writer of the same case waits here, and then sees what the first one wrote.
    locked = 'PERFORM 1 FROM case_facts WHERE case_no = NEW.case_no FOR UPDATE; ' if _postgresql() else ''
    yield 'facts_due', 'deadline', 'INSERT', None, locked + _CLOCK
    yield 'facts_due_moved', 'deadline', 'UPDATE OF due_at, stopped_at', None, locked + _CLOCK
    yield 'item_name_new', 'case_file', 'INSERT', None, _NAME
    yield 'item_name_moved', 'case_file', 'UPDATE OF item_name', None, _NAME


def _watch() -> None:
    if _postgresql():
        op.execute(_SLOT)
    for name, table, event, condition, statements in _triggers():
        when = f'WHEN ({condition})' if condition else ''
        if _postgresql():
            op.execute(f'CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '
                       f'$$ BEGIN {statements}; RETURN NULL; END $$')
            op.execute(f'CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} '
                       f'EXECUTE FUNCTION {name}()')
        else:
            op.execute(f'CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} BEGIN {statements}; END')


def _fill() -> None:
    for counted in _COUNTED:
        op.execute(f"INSERT INTO tally (name, key, slot, count) SELECT '{counted.name}', {counted.key}, 0, count(*) "
                   f'FROM {counted.table} R WHERE {counted.when} GROUP BY 2')
    op.execute('INSERT INTO item_name (name) SELECT DISTINCT item_name FROM case_file')
    op.execute(f'UPDATE case_facts SET first_due_at = {_SOONEST.replace("NEW.", "case_facts.")}')


def upgrade() -> None:
    op.create_table(
        'tally',
        sa.Column('name', sa.String(16), nullable=False),
        sa.Column('key', sa.String(48), nullable=False),
        sa.Column('slot', sa.Integer(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('name', 'key', 'slot', name=op.f('pk_tally')),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'item_name',
        sa.Column('name', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_item_name')),
        sqlite_with_rowid=False,
    )
    op.add_column('case_facts', sa.Column('first_due_at', UtcDateTime(timezone=True), nullable=True))
    _fill()
    _watch()
    where = sa.text(_DUE)
    op.create_index('ix_case_facts_due', 'case_facts', ['first_due_at'], sqlite_where=where, postgresql_where=where)
    op.create_index('ix_case_file_item_name', 'case_file', ['item_name', 'case_no'])


def downgrade() -> None:
    op.drop_index('ix_case_file_item_name', table_name='case_file')
    op.drop_index('ix_case_facts_due', table_name='case_facts')
    for name, table, *_ in _triggers():
        if _postgresql():
            op.execute(f'DROP TRIGGER {name} ON {table}')
            op.execute(f'DROP FUNCTION {name}()')
        else:
            op.execute(f'DROP TRIGGER {name}')
    if _postgresql():
        op.execute('DROP FUNCTION tally_slot()')
    op.drop_column('case_facts', 'first_due_at')
    op.drop_table('item_name')
    op.drop_table('tally')
