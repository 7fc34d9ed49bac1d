"""What a refusal must leave as it was: the case, its handling, the inbox, and whatever would be told to a workflow."""

from typing import Any

from sqlalchemy import func, inspect, select

from storage.base import Base, Database
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow
from storage.exchange.inbox_row import InboxRow
from storage.pending_updates import UpdateRow


def standing(database: Database, *numbers: str) -> dict[str, Any]:
    """Every column of these handlings and their cases, and how many messages, events and updates there are."""
    with database.read() as session:
        found: dict[str, Any] = {}
        for number in numbers:
            handling = session.get_one(HandlingRow, number)
            found[number] = _columns(handling), _columns(session.get_one(CaseRow, handling.case_no))
        for table in (InboxRow, CaseEventRow, UpdateRow):
            found[table.__tablename__] = session.scalar(select(func.count()).select_from(table))
    return found


def _columns(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
