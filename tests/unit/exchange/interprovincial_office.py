"""Our side of the interprovincial wire with its database, and a gateway that hands over what a test wants."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from domain.errors import AnswerLost, PartnerError
from domain.identifiers import is_case_number, make_case_number
from domain.inbound import InboundMessage, IntakeResult
from domain.terms import Mode, Partner, Scheme
from domain.wire import WireProgress, WireState
from exchange.interprovincial.intake import InterprovincialIntake
from partners.interprovincial import Confirmed, Fetched, InterprovincialSettings, Notice, Unreadable
from partners.interprovincial.envelope import Head, Package, data_part, information, read_package
from partners.interprovincial.inbound import read_notice, read_status
from partners.interprovincial.numbers import coordination_no
from partners.interprovincial.safe_xml import parse_information
from storage.base import Base, Database
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.exchange_log import ExchangeRow, SecurityEventRow
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow
from storage.sealing import Sealer
from storage.tasks.rows import TaskRow

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HANDLING = make_case_number("500103", NOW.date(), 1)
TO_COME = make_case_number("500103", NOW.date(), 2)
FOREIGN = make_case_number("500103", NOW.date(), 3)
HEAD = Head(fsdw="0" * 12, jsdw="500103000000", ywxtbh="1" * 32, fssj="20261123160000")


def elements(number: str, place: int, status: str, more: str = "") -> str:
    """The inside of a notice."""
    ours = coordination_no(number) if is_case_number(number) else "1" * 32
    return (
        f"<AJBH>{number}</AJBH><YWXTBH>{ours}</YWXTBH><LSH>GD-1</LSH><XH>{place}</XH><ZT>{status}</ZT>"
        f"<ZTSJ>20261123160000</ZTSJ>{more}"
    )


def _package(*records: tuple[str, str]) -> Package:
    text = data_part([inside for _, inside in records]).decode()
    for place, (sid, _) in enumerate(records, 1):
        text = text.replace(f'sid="{place}"', f'sid="{sid}"')
    whole = information(HEAD, text.encode()).decode()
    return read_package(whole, parse_information(whole))


def status(number: str, sid: str, inside: str) -> InboundMessage | None:
    """What a Query comes to whose answer is this notice."""
    package = _package((sid, inside))
    return read_status(package.records[0], package.contents[0], number)


def page(*records: tuple[str, str]) -> Fetched:
    """What a FetchNotices with these (sid, inside) comes to."""
    package = _package(*records)
    read = [read_notice(one, raw) for one, raw in zip(package.records, package.contents, strict=True)]
    return Fetched(
        notices=tuple(one for one in read if isinstance(one, Notice)),
        unreadable=tuple(one for one in read if isinstance(one, Unreadable)),
    )


def agreed() -> InterprovincialSettings:
    return InterprovincialSettings(
        gateway_url="http://gateway.invalid",
        paasid="cqyz",
        tokens=lambda _: ("TOKEN",),
        sid="s_1",
        rid="r_1",
        app_keys=lambda _: ("k",),
        registration_code="CQYZ0001",
        unit="500103000000",
    )


@dataclass
class Gateway:
    """Instead of the adapter: hands over the pages in turn and keeps what was confirmed."""

    settings: InterprovincialSettings = field(default_factory=agreed)

    pages: list[Fetched] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    confirm_breaks: bool = False
    fetch_breaks: PartnerError | None = None
    asked: int = 0

    def fetch_notices(self, most: int = 100) -> Fetched:
        self.asked += 1
        if self.fetch_breaks is not None:
            raise self.fetch_breaks
        return self.pages.pop(0) if self.pages else Fetched(notices=(), unreadable=())

    def confirm_notices(self, sids: tuple[str, ...]) -> Confirmed:
        if self.confirm_breaks:
            raise AnswerLost("没有收到答复", code="ANSWER_LOST")
        self.confirmed += sids
        return Confirmed(done=sids, unknown=())


@dataclass
class Office:
    database: Database
    inbox: Inbox
    gateway: Gateway
    intake: InterprovincialIntake
    clock: list[datetime] = field(default_factory=lambda: [NOW])

    def poll(self, *records: tuple[str, str]):
        if records:
            self.gateway.pages.append(page(*records))
        return self.intake.poll_once()

    def add_case(self, number: str, partner: Partner = Partner.INTERPROVINCIAL) -> None:
        with self.database.write() as session:
            session.add(_case(number))
            session.flush()
            session.add(_handling(number, partner))
            session.flush()
            self.inbox.adopt(session, number, NOW)

    def query(self, sid: str, inside: str, number: str = HANDLING) -> IntakeResult:
        """The authority was asked over a gap and answers with this notice."""
        said = status(number, sid, inside)
        assert said is not None
        with self.database.write() as session:
            return self.inbox.take_snapshot(session, said, raw=said.content, now=self.clock[0])

    def progress(self, number: str = HANDLING) -> WireProgress:
        with self.database.read() as session:
            return session.get_one(HandlingRow, number).progress

    def inbox_rows(self, number: str | None = None) -> int:
        query = select(func.count()).select_from(InboxRow)
        with self.database.read() as session:
            return session.scalar(query.filter_by(handling_no=number) if number else query) or 0

    def security_events(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(SecurityEventRow.code).order_by(SecurityEventRow.id)))

    def verdicts(self) -> list[str]:
        with self.database.read() as session:
            rows = select(ExchangeRow.verdict).filter_by(direction="in").order_by(ExchangeRow.id)
            return list(session.scalars(rows))

    def tasks(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(TaskRow.kind)))


SEALER = Sealer({"s1": b"k" * 32})


def open_database(folder: Path) -> Database:
    database = Database(f"sqlite:///{folder / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    return database


def open_office(folder: Path) -> Office:
    database, inbox, gateway, clock = open_database(folder), Inbox(SEALER), Gateway(), [NOW]
    intake = InterprovincialIntake(database, inbox, gateway, lambda: clock[0])
    office = Office(database, inbox, gateway, intake, clock)
    office.add_case(HANDLING)
    office.add_case(FOREIGN, Partner.SICHUAN)
    return office


def _case(number: str) -> CaseRow:
    return CaseRow(
        case_no=number,
        item_code="YZ-MOJ-001",
        item_name="学历公证",
        item={},
        scheme=Scheme.INTERPROVINCIAL,
        mode=Mode.ONLINE,
        status="SUBMITTED",
        clerk="clerk",
        unit_id="hall",
        dossier=b"",
        start={},
        registered_at=NOW - timedelta(hours=1),
    )


def _handling(number: str, partner: Partner) -> HandlingRow:
    return HandlingRow(
        handling_no=number,
        case_no=number,
        place=0,
        region="440103",
        scheme=Scheme.INTERPROVINCIAL,
        partner=partner,
        mode=Mode.ONLINE,
        originals_travel=False,
        result_travels=False,
        status="SUBMITTED",
        wire_state=WireState.SUBMITTED,
    )
