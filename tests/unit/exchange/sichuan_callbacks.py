"""An office that Sichuan calls: callbacks signed as agreed, and what takes them."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchange.sichuan.intake import SichuanIntake
from partners.callbacks import RawCallback
from partners.sichuan import SichuanSettings
from tests.unit.exchange.office import HANDLING, NOW, Office, open_office

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


@dataclass
class SichuanOffice(Office):
    """With what takes Sichuan's callbacks."""

    intake: SichuanIntake

    def say(self, event: str, seq: int, **other: Any) -> tuple[int, dict[str, Any]]:
        """One callback, answered: status and body."""
        said = content(event, seq, event_id=f"evt_{seq:08d}_{event}", **other)
        return self.send(callback(said, **{"X-CY-Timestamp": str(int(self.clock[0].timestamp()))}))

    def send(self, raw: RawCallback) -> tuple[int, dict[str, Any]]:
        answer = self.intake.take(raw)
        return answer.status, json.loads(answer.body)


def open_sichuan_office(folder: Path, *, live: bool = False, url: str | None = None, **settings: Any) -> SichuanOffice:
    """`live`: by the clock of this machine; else it stands at NOW until `clock[0]` is set."""
    base = open_office(folder, url)
    clock = base.clock
    intake = SichuanIntake(
        base.database, base.inbox, agreed(**settings), lambda: datetime.now(UTC) if live else clock[0]
    )
    return SichuanOffice(base.database, base.inbox, clock, intake)
