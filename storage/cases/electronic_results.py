"""Electronic results (电子结果) that the applicant may fetch: since when, fetched when, and when to remind him."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.applicant_messages import MessageKind
from domain.matters import End
from domain.tasks import TaskKind
from domain.terms import ResultForm
from domain.troubles import Subject
from storage.base import Base, Database, insert_new
from storage.cases.applicant_messages import enqueue
from storage.cases.rows import CaseRow, HandlingRow, add_event
from storage.documents.accesses import APPLICANT
from storage.keyset import partial_index
from storage.row_isolation import RowIsolation
from storage.tasks.rows import open_task, settle_task

REMINDED_AFTER: Final = timedelta(days=30)
"""A result that nobody has fetched for so long; over the case's time scale."""


class ElectronicResultRow(Base):
    """The file of one handling's result from the moment when it was made available (可以领取).

    Written by `activities.records` (available), the applicant's download and the sweep (reminder), all through this
    module. `fetched_at`: the first time. `remind_at`: None once it was fetched, or reminded of.
    """

    __tablename__ = "electronic_result"

    handling_no: Mapped[str] = mapped_column(ForeignKey("handling.handling_no"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_no: Mapped[str] = mapped_column(String(21), index=True)
    available_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]


partial_index(
    "ix_electronic_result_remind", ElectronicResultRow.remind_at, ElectronicResultRow.handling_no,
    where="remind_at IS NOT NULL",
)  # fmt: skip


def file_of(handling: HandlingRow) -> str | None:
    """The SHA-256 of the file of its result; None where it has none."""
    return (handling.result or {}).get("sha256")


def note_available(session: Session, case: CaseRow, handling: HandlingRow, at: datetime) -> None:
    """From now on the applicant may fetch the file that the handling's result names; once per file."""
    sha256 = file_of(handling)
    if sha256 is None:
        return
    remind_at = at + REMINDED_AFTER / case.time_scale
    values = {"handling_no": handling.handling_no, "sha256": sha256, "case_no": case.case_no, "available_at": at}
    with session.no_autoflush:  # the handling is there already
        insert_new(session, ElectronicResultRow, {**values, "remind_at": remind_at})


def miss_file(session: Session, handling: HandlingRow, key: str, now: datetime) -> None:
    """Have a clerk ask for the file of an electronic result that came without one; `key`: of the decision's step."""
    form = (handling.result or {}).get("form")
    if form not in (ResultForm.ELECTRONIC, ResultForm.BOTH) or file_of(handling) is not None:
        return
    kind = TaskKind.RESULT_WITHOUT_FILE
    number = handling.handling_no
    key = f"{number}/{kind}/{key}"
    open_task(session, key=key, kind=kind, now=now, case_no=handling.case_no, handling_no=number)


def available_since(session: Session, handling: HandlingRow) -> datetime | None:
    """Since when the file of its result may be fetched; None: not yet, or of before this was recorded."""
    sha256 = file_of(handling)
    row = session.get(ElectronicResultRow, (handling.handling_no, sha256)) if sha256 is not None else None
    return row.available_at if row is not None else None


def note_fetched(session: Session, handling: HandlingRow, now: datetime) -> None:
    """The applicant has the file: a line of the history the first time, and nobody needs to remind him."""
    sha256 = file_of(handling)
    add_event(
        session,
        case_no=handling.case_no,
        key=f"fetched/{handling.handling_no}/{sha256}",
        kind="RESULT_FETCHED",
        at=now,
        now=now,
        actor=APPLICANT,
        handling_no=handling.handling_no,
    )
    row = session.get(ElectronicResultRow, (handling.handling_no, sha256))
    if row is not None:
        row.fetched_at, row.remind_at = row.fetched_at or now, None
    settle_task(session, _reminder(handling.handling_no, sha256), now, End.FETCHED)


def remind(database: Database, now: datetime) -> None:
    """Remind everybody who has not fetched an electronic result for 30 days, each once: a message, and a clerk's task.

    Each in a transaction of its own; a result that does not count any more is forgotten.

    Raises:
        ExceptionGroup: of RowFailed, at the end, where some could not be written.
    """
    with database.read() as session:
        due = list(session.scalars(select(ElectronicResultRow).where(ElectronicResultRow.remind_at <= now)))
    rows = RowIsolation()
    for each in due:
        with rows.each(Subject(key=each.handling_no, case_no=each.case_no)), database.write() as session:
            _remind_of(session, each, now)
    rows.report()


def _remind_of(session: Session, due: ElectronicResultRow, now: datetime) -> None:
    row = session.get_one(ElectronicResultRow, (due.handling_no, due.sha256), with_for_update=True)
    handling = session.get_one(HandlingRow, due.handling_no)
    if row.remind_at is None:
        return
    row.remind_at = None
    if file_of(handling) != row.sha256:
        return
    open_task(
        session,
        key=_reminder(row.handling_no, row.sha256),
        kind=TaskKind.RESULT_NOT_FETCHED,
        now=now,
        case_no=row.case_no,
        handling_no=row.handling_no,
        data={"availableAt": row.available_at.isoformat()},
    )
    enqueue(
        session,
        case_no=row.case_no,
        key=_reminder(row.handling_no, row.sha256),
        kind=MessageKind.RESULT_STILL_ONLINE,
        now=now,
        handling_no=row.handling_no,
    )


def _reminder(handling_no: str, sha256: str | None) -> str:
    return f"{handling_no}/{TaskKind.RESULT_NOT_FETCHED}/{sha256}"
