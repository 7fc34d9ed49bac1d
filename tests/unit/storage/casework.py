"""A registered case in a fresh database, and messages about it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Consent, Dossier
from domain.identifiers import make_case_number
from domain.inbound import EventPayload, InboundMessage, IntakeResult, ResultPaper
from domain.outbound import Person
from domain.terms import ApplicantType, CaseStatus, IdType, Mode, Partner, ResultForm, Scheme, WireEvent
from domain.wire import WireProgress, WireState
from storage.base import Database
from storage.cases.rows import CaseRow, HandlingRow, write_dossier
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow
from storage.sealing import Sealer
from storage.tasks.rows import TaskRow

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = date(2026, 11, 23)
CASE, TO_COME, FOREIGN = (make_case_number("500103", DAY, serial) for serial in (1, 2, 3))
SEALER = Sealer({"s1": b"k" * 32})
DOSSIER = Dossier(
    applicant=Person(
        type=ApplicantType.PERSONAL, name="王秀兰", id_type=IdType.RESIDENT, id_number="x", phone="13800000001"
    ),
    consent=Consent(version="1", accepted=True),
)


def register(
    database: Database,
    case_no: str = CASE,
    partner: Partner | None = Partner.SICHUAN,
    state: WireState = WireState.SUBMITTED,
) -> None:
    """One case with one handling of the same number, submitted unless `state` says otherwise."""
    with database.write() as session:
        give_case(session, case_no)
        handling = HandlingRow(
            handling_no=case_no,
            case_no=case_no,
            place=0,
            region="510104",
            scheme=Scheme.CHUANYU,
            partner=partner,
            mode=Mode.ONLINE,
            originals_travel=False,
            result_travels=False,
            status=CaseStatus.SUBMITTED,
            last_seq=0,
            round=0,
            withdrawal_asked=False,
        )
        handling.progress = WireProgress(state=state)
        session.add(handling)


def give_case(session: Session, case_no: str) -> None:
    """The case alone, if it is not there: a parcel always has one."""
    if session.get(CaseRow, case_no) is not None:
        return
    case = CaseRow(
        case_no=case_no,
        item_code="YZ-1",
        item_name="事项",
        item={},
        scheme=Scheme.CHUANYU,
        mode=Mode.ONLINE,
        status=CaseStatus.SUBMITTED,
        clerk="clerk",
        unit_id="hall",
        start={},
        registered_at=NOW,
    )
    write_dossier(case, SEALER, DOSSIER)
    session.add(case)
    session.flush()


def message(
    event: WireEvent | str = WireEvent.RECEIVED, seq: int | None = 1, message_id: str | None = None, **other: Any
) -> InboundMessage:
    payload = EventPayload()
    if event == WireEvent.NEED_SUPPLEMENT:
        payload = EventPayload(round=1, reason="缺少身份证明", materials=("户口簿",), deadline_workdays=5)
    if event == WireEvent.APPROVED:
        payload = EventPayload(result=ResultPaper(name="许可证", form=ResultForm.PAPER, document_no="1"))
    message_id = message_id or f"evt-{event}-{seq}"
    given: dict[str, Any] = {
        "partner": Partner.SICHUAN,
        "message_id": message_id,
        "content": f"{event}/{seq}".encode(),
        "handling_no": CASE,
        "partner_no": "SC-77",
        "event_name": str(event),
        "event": event if isinstance(event, WireEvent) else None,
        "seq": seq,
        "occurred_at": NOW,
        "payload": payload,
    }
    return InboundMessage(**given | other)


def take(database: Database, inbox: Inbox, said: InboundMessage, **how: Any) -> IntakeResult:
    with database.write() as session:
        return inbox.take(session, said, raw=b"raw " + said.content, now=how.pop("now", NOW), **how)


def rows(database: Database) -> list[InboxRow]:
    with database.read() as session:
        return list(session.scalars(select(InboxRow).order_by(InboxRow.id)))


def progress(database: Database, handling_no: str = CASE) -> WireProgress:
    with database.read() as session:
        return session.get_one(HandlingRow, handling_no).progress


def task_kinds(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(TaskRow.kind).order_by(TaskRow.key)))


def later(**parts: float) -> datetime:
    return NOW + timedelta(**parts)
