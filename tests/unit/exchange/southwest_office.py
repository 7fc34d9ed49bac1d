"""Our side of the Southwest wire with its database, a province that signs batches, and a hub that hands them over."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from domain.errors import AnswerLost
from domain.outbound import Command, HandlingRef, Withdrawal
from domain.terms import CommandKind, Mode, Partner, Scheme
from domain.wire import WireProgress, WireState
from exchange.southwest.intake import PollReport, SouthwestIntake
from exchange.southwest.streams import SouthwestStreams
from partners.southwest import PeerCertificate, SigningCertificate, SouthwestAdapter, SouthwestSettings
from partners.southwest.client import ListedBatch
from storage.base import Base, Database
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.exchange_log import ExchangeRow, SecurityEventRow
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow
from storage.exchange.southwest import SouthwestCursor
from storage.sealing import Sealer
from storage.tasks.rows import TaskRow
from tests.sealing import SEALER
from tests.unit.exchange.southwest_province import FOREIGN, HANDLING, KEY, NOW, OK, PUBLIC, YUNNAN, Province


def agreed(**other: Any) -> SouthwestSettings:
    given: dict[str, Any] = {
        "hub_url": "http://unused",
        "app_id": "cqyz-exch",
        "tenancy": "500103000000",
        "own": (SigningCertificate(serial="5001030000000001", private_key_hex=KEY),),
        "peers": (
            PeerCertificate(serial="5300000000000001", public_key_hex=PUBLIC),
            PeerCertificate(serial="expired", public_key_hex=PUBLIC, not_after=date(2026, 11, 22)),
            PeerCertificate(serial="to-come", public_key_hex=PUBLIC, not_before=date(2026, 11, 24)),
            PeerCertificate(serial="revoked", public_key_hex=PUBLIC, revoked_on=date(2026, 11, 23)),
        ),
    }
    return SouthwestSettings(**given | other)


@dataclass
class StandInHub:
    """Instead of the HTTP client: keeps what it was given and gives what a test put in."""

    batches: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    receipted: list[dict[str, Any]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)  # of the next exch0001, then "00"
    broken: set[str] = field(default_factory=set)

    def send_batch(self, batch: dict[str, Any]) -> str:
        self._may("exch0001")
        self.sent.append(batch)
        return self.codes.pop(0) if self.codes else "00"

    def list_batches(self, cursor: str, limit: int) -> list[ListedBatch]:
        self._may("exch0002")
        first = int(cursor or 0)
        listed = enumerate(self.batches[first : first + limit], start=first + 1)
        return [ListedBatch(cd_batch=name, cursor=str(place)) for place, (name, _) in listed]

    def download(self, cd_batch: str) -> dict[str, Any]:
        self._may("exch0003")
        return next(answer for name, answer in reversed(self.batches) if name == cd_batch)

    def send_receipt(self, receipt: dict[str, Any]) -> None:
        self._may("exch0004")
        self.receipted.append(receipt)

    def list_receipts(self, cursor: str, limit: int) -> list[dict[str, Any]]:
        self._may("exch0005")
        first = int(cursor or 0)
        listed = enumerate(self.receipts[first : first + limit], start=first + 1)
        return [{**receipt, "cursor": str(place)} for place, receipt in listed]

    def _may(self, operation: str) -> None:
        if operation in self.broken:
            raise AnswerLost("没有收到答复", code="ANSWER_LOST")


@dataclass
class Office:
    database: Database
    inbox: Inbox
    hub: StandInHub
    adapter: SouthwestAdapter
    intake: SouthwestIntake
    clock: list[datetime]

    def offer(self, answer: dict[str, Any], name: str | None = None) -> None:
        """The hub lists this batch."""
        self.hub.batches.append((name or answer["manifest"]["cd_batch"], answer))

    def poll(self, *answers: dict[str, Any]) -> PollReport:
        for answer in answers:
            self.offer(answer)
        return self.intake.poll_once()

    def take(self, answer: dict[str, Any]) -> str | list[str]:
        """Offer and poll; the batch's code, or its rows' codes when it was taken."""
        self.poll(answer)
        receipt = self.hub.receipted[-1]
        return [line["code"] for line in receipt["rows"]] if receipt["code"] == OK else receipt["code"]

    def rows(self, province: Province, *rows: dict[str, Any] | bytes) -> list[str]:
        codes = self.take(province.batch(*rows))
        assert isinstance(codes, list)
        return codes

    def command(self, step: str, number: str = HANDLING, region: str = "520102") -> Command:
        handling = HandlingRef(handling_no=number, region=region, item_code="YZ-HRSS-001")
        body = Withdrawal(reason="申请人撤回")
        return Command(key=f"{number}-{step}", kind=CommandKind.WITHDRAW, handling=handling, body=body)

    def add_case(self, number: str, partner: Partner = Partner.SOUTHWEST, region: str = "520102") -> None:
        with self.database.write() as session:
            for entry in _case(number, partner, region):
                session.add(entry)
                session.flush()
            self.inbox.adopt(session, number, self.clock[0])

    def progress(self, number: str = HANDLING) -> WireProgress:
        with self.database.read() as session:
            return session.get_one(HandlingRow, number).progress

    def count(self, table: type[Base]) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def inbox_rows(self) -> int:
        return self.count(InboxRow)

    def security_events(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(SecurityEventRow.code).order_by(SecurityEventRow.id)))

    def exchanges(self, *kinds: str) -> list[tuple[str, str, str]]:
        """(direction, kind, verdict) of these kinds, in the order of the log."""
        with self.database.read() as session:
            found = session.scalars(select(ExchangeRow).order_by(ExchangeRow.id))
            return [(e.direction, e.kind, e.verdict) for e in found if e.kind in kinds]

    def tasks(self) -> list[TaskRow]:
        with self.database.read() as session:
            return list(session.scalars(select(TaskRow).order_by(TaskRow.opened_at)))

    def cursor(self, name: str) -> str | None:
        with self.database.read() as session:
            found = session.get(SouthwestCursor, name)
            return found.value if found else None


def open_office(folder: Path, **settings: Any) -> Office:
    """A fresh office; its database is copied from one that was made once."""
    path = folder / "kuayu.db"
    if not _TEMPLATE:
        _TEMPLATE.append(_made(path))
    path.write_bytes(_TEMPLATE[0])
    return _opened(f"sqlite:///{path}", **settings)


def open_office_at(url: str) -> Office:
    """A fresh office on an empty database."""
    office = _opened(url)
    Base.metadata.create_all(office.database.engine)
    office.add_case(HANDLING)
    office.add_case(FOREIGN, Partner.SICHUAN)
    office.add_case(YUNNAN, region="530102")
    return office


_TEMPLATE: list[bytes] = []


def _made(path: Path) -> bytes:
    open_office_at(f"sqlite:///{path}").database.close()
    return path.read_bytes()


def _opened(url: str, **settings: Any) -> Office:
    database, sealer, clock, hub = Database(url, SEALER), Sealer({"s1": b"k" * 32}), [NOW], StandInHub()
    inbox, streams = Inbox(sealer), SouthwestStreams(database, sealer)
    adapter = SouthwestAdapter(agreed(**settings), streams, lambda: clock[0], hub)
    intake = SouthwestIntake(database, sealer, inbox, adapter, streams, lambda: clock[0])
    return Office(database, inbox, hub, adapter, intake, clock)


def _case(number: str, partner: Partner, region: str) -> list[Base]:
    case = CaseRow(
        case_no=number,
        item_code="YZ-HRSS-001",
        item_name="失业登记",
        item={},
        scheme=Scheme.SOUTHWEST,
        mode=Mode.ONLINE,
        status="SUBMITTED",
        clerk="clerk",
        unit_id="hall",
        dossier=b"",
        start={},
        registered_at=NOW - timedelta(hours=1),
    )
    handling = HandlingRow(
        handling_no=number,
        case_no=number,
        place=0,
        region=region,
        scheme=Scheme.SOUTHWEST,
        partner=partner,
        mode=Mode.ONLINE,
        originals_travel=False,
        result_travels=False,
        status="SUBMITTED",
        wire_state=WireState.SUBMITTED,
    )
    return [case, handling]
