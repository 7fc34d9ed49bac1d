"""Versions of the district's own lists (清单版本): items, agreements, the working-day calendar.

Every applied version is kept; the newest row of a kind is in force, and without one the bundled list is. A running
case keeps its snapshot of the item, whatever is applied later.
"""

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from catalog.agreement_list import read_kept, seeded
from catalog.agreements import Agreements
from catalog.exchange import export_csv, plan_import
from catalog.items import load
from catalog.model import Catalogue
from catalog.notices import pack_calendar, unpack_calendar
from catalog.workdays import WorkdayCalendar, bundled_calendar
from domain.errors import Misconfigured
from domain.messages import CalendarChanged
from domain.naming import CaseUpdate, case_workflow_id
from storage.base import Base, Database
from storage.cases.rework import count_rework_anew
from storage.cases.rows import CaseRow
from storage.pending_updates import queue_update

USAGE_WINDOW = timedelta(days=90)
"""Starts of the last 90 days weigh in the search."""


class ListKind(StrEnum):
    """Which list a version is of."""

    ITEMS = "items"  # 事项清单
    AGREEMENTS = "agreements"  # 合作协议
    CALENDAR = "calendar"  # 工作日历


class ListVersionRow(Base):
    """One applied version of a list; never edited, the highest `id` of a kind is in force.

    `content`: the items' CSVs as ZIP, the agreements' CSV, or the calendar's two CSVs as ZIP. `version`: 12 hex
    digits of the content's hash. `applied_by`: a user name, or `cli:` and the user of the machine.
    """

    __tablename__ = "list_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(String(64))


def newest(session: Session, kind: ListKind) -> ListVersionRow | None:
    """The version of a list that is in force, or None while the bundled one is."""
    return session.scalar(select(ListVersionRow).filter_by(kind=kind).order_by(ListVersionRow.id.desc()).limit(1))


def apply_items(session: Session, catalogue: Catalogue, *, by: str, now: datetime) -> ListVersionRow:
    """Put a list of items in force that `catalog.exchange` has checked; earlier versions stay."""
    return _add(session, ListKind.ITEMS, catalogue.version, _zipped(export_csv(catalogue)), by, now)


def apply_agreements(session: Session, version: str, csv: bytes, *, by: str, now: datetime) -> ListVersionRow:
    """Put a list of agreements in force that `catalog.agreement_list` has checked; `csv` is its stored form."""
    return _add(session, ListKind.AGREEMENTS, version, csv, by, now)


def apply_calendar(session: Session, calendar: WorkdayCalendar, *, by: str, now: datetime) -> int:
    """Put a calendar in force, and queue an Update for every open case to compute its clocks anew (decisions.md 10).

    The id of the Update: `{case_no}-calendar-{id of the version}`. Returns how many cases get one.
    """
    row = _add(session, ListKind.CALENDAR, calendar.version, pack_calendar(calendar), by, now)
    still_open = session.scalars(select(CaseRow.case_no).where(CaseRow.closed_at.is_(None))).all()
    for case_no in still_open:
        queue_update(
            session,
            update_id=f"{case_no}-calendar-{row.id}",
            workflow_id=case_workflow_id(case_no),
            name=CaseUpdate.CALENDAR_CHANGED,
            argument=CalendarChanged(version=calendar.version),
            now=now,
        )
    count_rework_anew(session, calendar)
    return len(still_open)


def read_items(row: ListVersionRow | None) -> Catalogue:
    """The items of a version; the bundled ones for None.

    Raises:
        Misconfigured: the stored bytes are no list of items.
    """
    if row is None:
        return load()
    plan = plan_import(load(), "stored.zip", row.content)
    if plan.catalogue is None:
        raise Misconfigured(f"已存的事项清单（版本{row.version}）无法读取：{plan.errors[0]}")
    return plan.catalogue


def read_agreements(row: ListVersionRow | None) -> Agreements:
    """The agreements of a version; the bundled ones for None.

    Raises:
        Misconfigured: the stored bytes are no list of agreements.
    """
    return seeded() if row is None else read_kept(row.content)


def read_calendar(row: ListVersionRow | None) -> WorkdayCalendar:
    """The working-day calendar of a version; the bundled one for None."""
    return bundled_calendar() if row is None else unpack_calendar(row.content)


def usage_counts(session: Session, now: datetime) -> dict[str, float]:
    """Item code → how many cases of it were registered in the last 90 days (使用次数), if any were."""
    lately = select(CaseRow.item_code, func.count()).where(CaseRow.registered_at >= now - USAGE_WINDOW)
    return {code: float(count) for code, count in session.execute(lately.group_by(CaseRow.item_code))}


_List = TypeVar("_List")


class InForce(Generic[_List]):
    """The list in force, parsed again only when another version was applied. Safe for many threads.

    `read`: makes the list from the row of its version, or from None for the bundled one.
    """

    def __init__(self, database: Database, kind: ListKind, read: Callable[[ListVersionRow | None], _List]) -> None:
        self._database = database
        self._kind = kind
        self._read = read
        self._lock = threading.Lock()
        self._known: tuple[int | None, _List] | None = None
        self._moment = threading.local()

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Within the block, for this thread, the list is looked up once at most."""
        self._moment.seen = None
        self._moment.lasts = True
        try:
            yield
        finally:
            self._moment.lasts = False

    def __call__(self) -> _List:
        """The list that is in force now, at the cost of one small query. Raises what `read` raises."""
        if not getattr(self._moment, "lasts", False):
            return self._looked_up()
        if self._moment.seen is None:
            self._moment.seen = self._looked_up()
        seen: _List = self._moment.seen
        return seen

    def _looked_up(self) -> _List:
        newest_id = select(func.max(ListVersionRow.id)).filter_by(kind=self._kind)
        with self._database.read() as session:
            return self.version(session, session.scalar(newest_id))

    def version(self, session: Session, row_id: int | None) -> _List:
        """The list whose newest version is this row, None for the bundled one; as `newest_ids` says."""
        with self._lock:
            if self._known is None or self._known[0] != row_id:
                row = session.get(ListVersionRow, row_id) if row_id is not None else None
                self._known = row_id, self._read(row)
            return self._known[1]


def newest_ids(session: Session) -> dict[ListKind, int]:
    """The row of the version in force of each list; without those whose bundled one is."""
    query = select(ListVersionRow.kind, func.max(ListVersionRow.id)).group_by(ListVersionRow.kind)
    return {ListKind(kind): row_id for kind, row_id in session.execute(query)}


def _add(session: Session, kind: ListKind, version: str, content: bytes, by: str, now: datetime) -> ListVersionRow:
    row = ListVersionRow(kind=kind, version=version, content=content, applied_at=now, applied_by=by)
    session.add(row)
    session.flush()
    return row


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()
