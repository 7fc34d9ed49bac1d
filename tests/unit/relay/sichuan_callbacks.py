"""A Sichuan office for tests: one handling of ours in a fresh database, and callbacks signed as agreed."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from domain.terms import Partner, Scheme
from domain.wire import HandlingTruth, WireState
from partners.callbacks import RawCallback
from partners.sichuan import SichuanSettings
from relay.intake_sichuan import SichuanIntake
from storage.base import Base, Database
from storage.cases import CaseRow, HandlingRow
from storage.exchange import ExchangeRow, SecurityEventRow
from storage.inbox import Inbox, InboxRow
from storage.sealing import Sealer

HANDLING = "500103202611230000013"
FOREIGN = "500103202611230000021"
TO_COME = "50010320261123000003X"
NOW = datetime.fromtimestamp(1795420800, UTC)
OUR_KEY, PARTNER_KEY = "fedcba9876543210" * 2, "0123456789abcdef" * 2
PATH = "/callbacks/sichuan"


def agreed(**other: Any) -> SichuanSettings:
    base: dict[str, Any] = {
        "base_url": "http://unused",
        "our_app": "cq-yuzhong-01",
        "partner_app": "sc-adapter-01",
        "our_keys": lambda _: (OUR_KEY,),
        "partner_keys": lambda _: (PARTNER_KEY,),
    }
    return SichuanSettings(**{**base, **other})


def content(event: str = "RECEIVED", seq: int = 1, event_id: str = "evt_00000001", **other: Any) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "caseNo": HANDLING,
        "partnerCaseNo": "SC20261123-77",
        "event": event,
        "seq": seq,
        "occurredAt": "2026-11-23T16:00:00+08:00",
        "actorOrg": "广安区政务服务中心",
        "payload": {},
    } | other


def headers(body: bytes, message_id: str, **other: str | None) -> list[tuple[str, str]]:
    """As agreed, but for `other`: a value replaces, None leaves out; the signature is made over what is sent."""
    said = {
        "Content-Type": "application/json",
        "X-CY-App-Id": "sc-adapter-01",
        "X-CY-Timestamp": str(int(NOW.timestamp())),
        "X-CY-Nonce": secrets.token_hex(16),
        "X-CY-Msg-Id": message_id,
        "X-CY-Sign-Alg": "HMAC-SHA256",
    } | {name.replace("_", "-"): value for name, value in other.items()}
    if "X-CY-Signature" not in said:
        names = ("X-CY-App-Id", "X-CY-Timestamp", "X-CY-Nonce", "X-CY-Msg-Id")
        fields = ["POST", PATH, "", *(said[name] or "" for name in names), hashlib.sha256(body).hexdigest()]
        mac = hmac.digest(PARTNER_KEY.encode(), "\n".join(fields).encode("latin-1", "replace"), "sha256")
        said["X-CY-Signature"] = "v1=" + base64.b64encode(mac).decode()
    return [(name, value) for name, value in said.items() if value is not None]


def callback(said: dict[str, Any] | bytes, message_id: str | None = None, **other: str | None) -> RawCallback:
    body = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
    if message_id is None:
        message_id = said["eventId"] if isinstance(said, dict) else "evt_00000001"
    return RawCallback("POST", PATH, "", headers(body, message_id, **other), body)


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
    """Our side with its database."""

    database: Database
    inbox: Inbox
    intake: SichuanIntake
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

    def say(self, event: str, seq: int, **other: Any) -> tuple[int, dict[str, Any]]:
        """One callback, answered: status and body."""
        said = content(event, seq, event_id=f"evt_{seq:08d}_{event}", **other)
        return self.send(callback(said, **{"X-CY-Timestamp": str(int(self.clock[0].timestamp()))}))

    def send(self, raw: RawCallback) -> tuple[int, dict[str, Any]]:
        answer = self.intake.take(raw)
        return answer.status, json.loads(answer.body)

    def truth(self, number: str = HANDLING) -> HandlingTruth:
        with self.database.read() as session:
            row = session.get(HandlingRow, number)
            assert row is not None
            return row.truth

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


def open_office(folder: Path, *, live: bool = False, url: str | None = None, **settings: Any) -> Office:
    """`live`: by the clock of this machine; else it stands at NOW until `clock[0]` is set."""
    database = Database(url or f"sqlite:///{folder / 'kuayu.db'}")
    Base.metadata.create_all(database.engine)
    inbox = Inbox(Sealer({"s1": b"k" * 32}))
    clock = [NOW]
    intake = SichuanIntake(database, inbox, agreed(**settings), lambda: datetime.now(UTC) if live else clock[0])
    office = Office(database, inbox, intake, clock)
    office.add_case(HANDLING)
    office.add_case(FOREIGN, Partner.SOUTHWEST)
    return office
