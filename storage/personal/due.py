"""What is to be erased and when (到期): closed cases past their day, each with what holds it up."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from storage.base import Database
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.inbox_row import InboxRow
from storage.personal.erasures import CaseErasureRow
from storage.personal.holds import obstacle
from storage.personal.retention import Terms

_AT_ONCE: Final = 500
_E: Final = CaseErasureRow
_COLUMNS: Final = (CaseRow.case_no, CaseRow.item_code, CaseRow.closed_at, _E.documents_at, _E.erased_at)


class Stage(StrEnum):
    """What goes: the papers that the applicant has brought, later everything personal."""

    DOCUMENTS = "documents"
    WHOLE = "whole"


class Due(NamedTuple):
    """A case of which something is over. `on`: since when. `held`: why it may not go yet, see `holds.obstacle`."""

    case_no: str
    stage: Stage
    on: datetime
    held: str | None


def due_cases(database: Database, terms: Terms, by: datetime) -> Iterator[Due]:
    """Everything that is over by then, in the order of numbers, read in pieces; what was erased already is not in it.

    A case that was opened again and closed after it was erased is due anew, and one about which an authority has
    written since.
    """
    after = ""
    while True:
        with database.read() as session:
            rows = session.execute(_closed(terms, by, after)).all()
            found = [one for row in rows if (one := _due(session, row, terms, by)) is not None]
        yield from found
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].case_no


def _closed(terms: Terms, by: datetime, after: str) -> Any:
    theirs = select(InboxRow.id).join(HandlingRow, HandlingRow.handling_no == InboxRow.handling_no)
    late = theirs.where(HandlingRow.case_no == CaseRow.case_no, InboxRow.received_at > _E.erased_at)
    kept = or_(_E.erased_at.is_(None), _E.erased_at < CaseRow.closed_at, late.exists())
    query = select(*_COLUMNS).outerjoin(_E, _E.case_no == CaseRow.case_no).where(kept, CaseRow.case_no > after)
    return query.where(CaseRow.closed_at <= by - terms.shortest).order_by(CaseRow.case_no).limit(_AT_ONCE)


def _due(session: Session, row: Row[Any], terms: Terms, by: datetime) -> Due | None:
    whole, papers = terms.personal_end(row.item_code, row.closed_at), terms.documents_end(row.item_code, row.closed_at)
    if whole <= by:
        return Due(row.case_no, Stage.WHOLE, whole, obstacle(session, row.case_no, by))
    if papers <= by and (row.documents_at is None or row.documents_at < row.closed_at):
        return Due(row.case_no, Stage.DOCUMENTS, papers, obstacle(session, row.case_no, by))
    return None
