"""An office for tests: one handling of ours in a fresh database, one of another network, and events about them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from domain.inbound import IntakeResult
from domain.terms import Partner, Scheme, WireEvent
from domain.wire import WireProgress, WireState
from storage.base import Base, Database
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.exchange_log import ExchangeRow, SecurityEventRow
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow
from storage.sealing import Sealer
from tests.sealing import SEALER
from tests.unit.exchange.books import effects, supplement
from tests.unit.storage.casework import message, take

HANDLING = "500103202611230000013"
FOREIGN = "500103202611230000021"
TO_COME = "50010320261123000003X"
NOW = datetime.fromtimestamp(1795420800, UTC)


def _case(number: str, partner: Partner) -> list[Base]:
    case = CaseRow(
        case_no=number,
        item_code="YZ-MPS-001",
        item_name="居民身份证换领",
        item={},
        scheme=Scheme.CHUANYU,
        mode="异地代收代办",
        status="SUBMITTED",
        clerk="clerk",
        unit_id="hall",
        dossier=b"",
        start={},
        registered_at=NOW,
    )
    handling = HandlingRow(
        handling_no=number,
        case_no=number,
        place=0,
        region="511602",
        scheme=Scheme.CHUANYU,
        partner=partner,
        mode="异地代收代办",
        originals_travel=False,
        result_travels=True,
        status="SUBMITTED",
        wire_state=WireState.SUBMITTED,
    )
    return [case, handling]


@dataclass
class Office:
    """Our side with its database; its clock stands until it is set."""

    database: Database
    inbox: Inbox
    clock: list[datetime]

    def add_case(self, number: str, partner: Partner = Partner.SICHUAN) -> None:
        with self.database.write() as session:
            for row in _case(number, partner):
                session.add(row)
                session.flush()
            self.inbox.adopt(session, number, self.clock[0])

    def add_cases(self, numbers: list[str]) -> None:
        """Many at once, none of which anything was parked for."""
        with self.database.write() as session:
            session.add_all(row for number in numbers for row in _case(number, Partner.SICHUAN))

    def hear(self, event: str, seq: int, **other: Any) -> IntakeResult:
        """One event of the authority, verified already: judged and committed."""
        said = {"handling_no": HANDLING, "occurred_at": self.clock[0]} | other
        return take(self.database, self.inbox, message(WireEvent(event), seq, **said), now=self.clock[0])

    def progress(self, number: str = HANDLING) -> WireProgress:
        with self.database.read() as session:
            return session.get_one(HandlingRow, number).progress

    def supplement(self, number: str, round_: int) -> None:
        """Our supplement for the open round is on its way."""
        supplement(self.database, number, round_)

    def effects(self, number: str) -> list[str]:
        return effects(self.database, number)

    def count(self, table: type[Base]) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def inbox_rows(self) -> int:
        return self.count(InboxRow)

    def security_events(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(SecurityEventRow.code).order_by(SecurityEventRow.id)))

    def exchanges(self) -> list[ExchangeRow]:
        with self.database.read() as session:
            return list(session.scalars(select(ExchangeRow).order_by(ExchangeRow.id)))


def open_office(folder: Path, url: str | None = None) -> Office:
    """`url` of a database; a file in `folder` without."""
    database = Database(url or f"sqlite:///{folder / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    office = Office(database, Inbox(Sealer({"s1": b"k" * 32})), [NOW])
    office.add_case(HANDLING)
    office.add_case(FOREIGN, Partner.SOUTHWEST)
    return office
