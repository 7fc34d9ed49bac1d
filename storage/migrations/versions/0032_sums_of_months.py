"""the five measures' sums and the networks' cases by month, kept with what they tell of; what they need of a case

Revision: 0032
Revises: 0031
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OF_CASE = {
    "cases": "1",
    "online": "CASE WHEN R.mode = '全程网办' THEN 1 ELSE 0 END",
    "immediate": "CASE WHEN R.item_kind = '即办件' THEN 1 ELSE 0 END",
    "limited": "CASE WHEN R.statutory_days > 0 THEN 1 ELSE 0 END",
    "shorter": "CASE WHEN R.statutory_days > 0 AND R.promised_days < R.statutory_days THEN 1 ELSE 0 END",
    "statutory": "CASE WHEN R.statutory_days > 0 THEN R.statutory_days ELSE 0 END",
    "promised": "CASE WHEN R.statutory_days > 0 THEN coalesce(R.promised_days, 0) ELSE 0 END",
    "closed": "CASE WHEN R.closed_at IS NOT NULL THEN 1 ELSE 0 END",
}
_TRIPS = "(CASE WHEN R.at_desk AND NOT R.fetched THEN 1 ELSE 0 END + CASE WHEN R.handed_over > 0 THEN 1 ELSE 0 END)"
_OF_FACTS = {
    "once": f"CASE WHEN R.closed AND {_TRIPS} = 1 THEN 1 ELSE 0 END",
    "twice": f"CASE WHEN R.closed AND {_TRIPS} = 2 THEN 1 ELSE 0 END",
    "judged": "CASE WHEN R.clock_kept IS NOT NULL THEN 1 ELSE 0 END",
    "on_time": "coalesce(R.clock_kept, 0)",
}
_SUMS = (*_OF_CASE, *_OF_FACTS)
_TOLD = ("registered_at", "mode", "item_kind", "statutory_days", "promised_days", "closed_at")
_FACTS = ("month", "closed", "at_desk", "fetched", "handed_over", "clock_kept")
_FETCHED = "(SELECT count(*) > 0 FROM leg x WHERE x.case_no = R.case_no AND x.leg = 'PICKUP' AND x.outcome = 'DELIVERED')"
# Not `WHERE stopped_at IS NULL`: that leads SQLite through every running clock instead of those of the case.
_LAST = (
    "FROM deadline x WHERE x.case_no = R.case_no AND x.kind = 'DECISION_PROMISED' "
    "AND NOT EXISTS (SELECT 1 FROM deadline y WHERE y.case_no = x.case_no AND y.kind = 'DECISION_PROMISED' "
    "AND coalesce(y.handling_no, '') = coalesce(x.handling_no, '') AND y.id > x.id)"
)
_KEPT = "CASE WHEN x.stopped_at <= x.due_at THEN 1 WHEN x.stopped_at IS NOT NULL THEN 0 END"
_CLOCKS = (
    f"clock_kept = (SELECT min({_KEPT}) {_LAST}), "
    f"clock_runs_to = (SELECT min(CASE WHEN x.stopped_at IS NULL THEN x.due_at END) {_LAST})"
)
_FEW = "case_no, handlings, told, handed_over, clocks"
_RUNS = "clock_runs_to IS NOT NULL"


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _month(row: str) -> str:
    """The month of registration by the hall's clock, as `yyyy-MM`."""
    if _postgresql():
        return f"to_char({row}.registered_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
    return f"strftime('%Y-%m', {row}.registered_at, '+8 hours')"


def _added(sums: dict[str, str], month: str, row: str, sign: str) -> str:
    slot = "tally_slot()" if _postgresql() else "0"
    values = ", ".join(f"{sign}({value.replace('R.', f'{row}.')})" for value in sums.values())
    added = ", ".join(f"{name} = month_sum.{name} + excluded.{name}" for name in sums)
    return (
        f"INSERT INTO month_sum (month, slot, {', '.join(sums)}) SELECT {month}, {slot}, {values} "
        f"WHERE {month} IS NOT NULL ON CONFLICT (month, slot) DO UPDATE SET {added}"
    )


def _summed(name: str, table: str, sums: dict[str, str], columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    def of(row: str, sign: str) -> str:
        return _added(sums, _month(row) if table == "case_file" else f"{row}.month", row, sign)

    differs = "IS DISTINCT FROM" if _postgresql() else "IS NOT"
    moved = " OR ".join(f"OLD.{each} {differs} NEW.{each}" for each in columns)
    counts = "" if table == "case_file" else "NEW.closed OR NEW.clock_kept IS NOT NULL"
    yield f"{name}_in", table, "INSERT", counts, of("NEW", "")
    yield f"{name}_out", table, "DELETE", "", of("OLD", "-")
    yield f"{name}_moved", table, f"UPDATE OF {', '.join(columns)}", moved, f"{of('OLD', '-')}; {of('NEW', '')}"


def _triggers() -> Iterator[tuple[str, ...]]:
    """Name, table, event, condition and statements of each."""
    yield from _summed("sum_case", "case_file", _OF_CASE, _TOLD)
    yield from _summed("sum_facts", "case_facts", _OF_FACTS, _FACTS)
    told = {
        "month": _month("NEW"),
        "closed": "NEW.closed_at IS NOT NULL",
        "at_desk": "NEW.channel <> 'online'",
    }
    new = f"INSERT INTO case_facts ({_FEW}, {', '.join(told)}) VALUES (NEW.case_no, 0, 0, 0, 0, {', '.join(told.values())})"
    yield "facts_case", "case_file", "INSERT", "", new
    moved = f"UPDATE case_facts SET {', '.join(f'{k} = {v}' for k, v in told.items())} WHERE case_no = NEW.case_no"
    yield "facts_case_moved", "case_file", "UPDATE OF registered_at, closed_at, channel", "", moved
    # A second writer of the same case waits here, and then sees what the first one wrote.
    lock = "PERFORM 1 FROM case_facts WHERE case_no = NEW.case_no FOR UPDATE; " if _postgresql() else ""
    promised, clocks = "NEW.kind = 'DECISION_PROMISED'", _CLOCKS.replace("R.", "case_facts.")
    for name, event in (("facts_kept", "INSERT"), ("facts_kept_moved", "UPDATE OF due_at, stopped_at")):
        yield name, "deadline", event, promised, f"{lock}UPDATE case_facts SET {clocks} WHERE case_no = NEW.case_no"
    fetched = f"{lock}UPDATE case_facts SET fetched = {_FETCHED.replace('R.', 'NEW.')} WHERE case_no = NEW.case_no"
    yield "tally_carried", "handling", "INSERT", "", _carried()
    both = f"{_carried_elsewhere('OLD.month', -1)}; {_carried_elsewhere('NEW.month', 1)}"
    yield "tally_carried_moved", "case_facts", "UPDATE OF month", "OLD.month <> NEW.month", both
    yield "facts_fetched", "leg", "INSERT", "NEW.leg = 'PICKUP' AND NEW.outcome = 'DELIVERED'", fetched
    either = "NEW.leg = 'PICKUP' AND (NEW.outcome = 'DELIVERED' OR OLD.outcome = 'DELIVERED')"
    yield "facts_fetched_moved", "leg", "UPDATE OF outcome", either, fetched


def _carried() -> str:
    """A case of a month counts once for each network; of several handlings the first one counts."""
    slot = "tally_slot()" if _postgresql() else "0"
    return (
        f"INSERT INTO tally (name, key, slot, count) SELECT 'carried', f.month || '/' || NEW.scheme, {slot}, 1 "
        "FROM case_facts f WHERE f.case_no = NEW.case_no AND f.month IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM handling o WHERE o.case_no = NEW.case_no AND o.scheme = NEW.scheme "
        "AND o.place < NEW.place) ON CONFLICT (name, key, slot) DO UPDATE SET count = tally.count + excluded.count"
    )


def _carried_elsewhere(month: str, by: int) -> str:
    slot = "tally_slot()" if _postgresql() else "0"
    return (
        f"INSERT INTO tally (name, key, slot, count) SELECT 'carried', {month} || '/' || h.scheme, {slot}, {by} "
        "FROM (SELECT DISTINCT scheme FROM handling WHERE case_no = NEW.case_no) h WHERE true "
        "ON CONFLICT (name, key, slot) DO UPDATE SET count = tally.count + excluded.count"
    )


def _watch() -> None:
    for name, table, event, condition, statements in _triggers():
        when = f"WHEN ({condition})" if condition else ""
        if _postgresql():
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statements}; RETURN NULL; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} BEGIN {statements}; END")


def _fill() -> None:
    op.execute(
        f"INSERT INTO case_facts ({_FEW}) SELECT case_no, 0, 0, 0, 0 FROM case_file c "
        "WHERE NOT EXISTS (SELECT 1 FROM case_facts f WHERE f.case_no = c.case_no)"
    )
    of_case = "(SELECT {} FROM case_file c WHERE c.case_no = case_facts.case_no)"
    told = {
        "month": of_case.format(_month("c")),
        "closed": of_case.format("c.closed_at IS NOT NULL"),
        "at_desk": of_case.format("c.channel <> 'online'"),
        "fetched": _FETCHED.replace("R.", "case_facts."),
    }
    clocks = _CLOCKS.replace("R.", "case_facts.")
    op.execute(f"UPDATE case_facts SET {', '.join(f'{k} = {v}' for k, v in told.items())}, {clocks}")
    sums = {**_OF_CASE, **{name: value.replace("R.", "f.") for name, value in _OF_FACTS.items()}}
    values = ", ".join(f"sum({value})" for value in sums.values())
    op.execute(
        f"INSERT INTO month_sum (month, slot, {', '.join(sums)}) SELECT f.month, 0, {values} "
        "FROM case_file R JOIN case_facts f ON f.case_no = R.case_no GROUP BY f.month"
    )
    op.execute(
        "INSERT INTO tally (name, key, slot, count) "
        "SELECT 'carried', f.month || '/' || h.scheme, 0, count(DISTINCT h.case_no) "
        "FROM handling h JOIN case_facts f ON f.case_no = h.case_no GROUP BY 2"
    )


def upgrade() -> None:
    op.create_table(
        "month_sum",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in _SUMS),
        sa.PrimaryKeyConstraint("month", "slot", name=op.f("pk_month_sum")),
        sqlite_with_rowid=False,
    )
    op.add_column("case_facts", sa.Column("month", sa.String(7), nullable=True))
    for name in ("closed", "at_desk", "fetched"):
        op.add_column("case_facts", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("case_facts", sa.Column("clock_kept", sa.Integer(), nullable=True))
    op.add_column("case_facts", sa.Column("clock_runs_to", UtcDateTime(timezone=True), nullable=True))
    _fill()
    _watch()
    where, runs = sa.text(_RUNS), ["month", "clock_runs_to", "clock_kept"]
    op.create_index("ix_case_facts_runs", "case_facts", runs, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_case_facts_runs", table_name="case_facts")
    for name, table, *_ in _triggers():
        if _postgresql():
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    for name in ("clock_runs_to", "clock_kept", "fetched", "at_desk", "closed", "month"):
        op.drop_column("case_facts", name)
    op.drop_table("month_sum")
    op.execute("DELETE FROM tally WHERE name = 'carried'")
