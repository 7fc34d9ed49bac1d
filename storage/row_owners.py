"""Whose a row is (归属), in SQL: the number of its case, found by the link that the registry of personal data names."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Table, exists, func, select

from storage.base import Base
from storage.cases.rows import CaseKeyRow
from storage.personal.registry import Link, registry


def owner_of(rows: FromClause, table: str) -> ColumnElement[Any] | None:
    """The number of the case to which a row of `table`, as `rows`, belongs; NULL of one of none.

    None: rows of this table belong to no case, or it is not to be told from the row: bodies beside the exchange log
    go after half a year, batches of several cases when they are confirmed.
    """
    entries = registry().tables.get(table)
    match entries.of if entries is not None else None:
        case Link.CASE:
            return rows.c.case_no
        case Link.HANDLING:
            return _through("handling", "handling_no", rows)
        case Link.LEG:
            return _through("leg", "leg_id", rows)
        case Link.CLAIM:
            return _through("claim", "claim_id", rows)
        case Link.MATTER:
            return _matter(rows)
        case Link.TASK:
            task = _table("task").alias("owner_task")
            return _scalar(select(_matter(task)).where(task.c.id == rows.c.task_id), rows)
        case _:
            return None


def has_key(owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the case of this number has a key that seals."""
    return exists().where(CaseKeyRow.case_no == owner, CaseKeyRow.left_at.is_(None))


def _matter(rows: FromClause) -> ColumnElement[Any]:
    through = (_through("handling", "handling_no", rows), _through("leg", "leg_id", rows))
    return func.coalesce(rows.c.case_no, *through)


def _through(table: str, key: str, rows: FromClause) -> ColumnElement[Any]:
    owner = _table(table).alias(f"owner_{table}")
    return _scalar(select(owner.c.case_no).where(owner.c[key] == rows.c[key]), rows)


def _scalar(query: Any, rows: FromClause) -> ScalarSelect[Any]:
    """Of the row outside, however deep this stands within other queries."""
    found: ScalarSelect[Any] = query.correlate(rows).scalar_subquery()
    return found


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
