"""Phones and the short-message gateway before them, played over HTTP (messages.md): keeps what came, once per id."""

import hashlib
import hmac
import json
import logging
import time
from datetime import UTC, datetime
from typing import Any, Literal

import requests
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sandbox.couriers.store import Store

log = logging.getLogger(__name__)
WINDOW_S = 300
RECEIPTS = "/callbacks/sms"
_AGAIN_S = 2.0


class PhoneScript(BaseModel):
    """Body of `PUT /control/phones/{number}`: how messages to this phone go.

    `refused`: the gateway does not take them. `lost`: it takes each, and its first answer is lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    goes: Literal["delivered", "failed", "silent", "refused", "lost"] = "delivered"


class Phones:
    """The gateway's book. `kuayu_url` None: receipts go nowhere."""

    def __init__(self, store: Store, key: str, receipt_key: str, kuayu_url: str | None) -> None:
        self._store = store
        self._key = key
        self._receipt_key = receipt_key
        self._url = kuayu_url.rstrip("/") if kuayu_url else None
        self._session = requests.Session()
        self._session.trust_env = False

    def take(self, path: str, timestamp: str, signature: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """A message from a customer of the gateway: HTTP status and answer."""
        if not self._is_signed(path, timestamp, signature, body):
            return 401, {"code": "SIGNATURE"}
        said = json.loads(body)
        number, to, text = said["id"], said["to"], said["text"]
        goes = self._goes(to)
        if goes == "refused":
            return 422, {"code": "BLOCKED"}
        with self._store.transaction() as store:
            known = store.row("SELECT * FROM sms WHERE id = ?", number)
            if known is None:
                store.run("INSERT INTO sms VALUES (?, ?, ?, 1, ?, NULL, 0)", number, to, text, time.time())
                if goes == "lost":
                    return 503, {"code": "BUSY"}
                return 202, {"id": number, "duplicate": False}
            store.run("UPDATE sms SET attempts = attempts + 1 WHERE id = ?", number)
            if (known["phone"], known["words"]) != (to, text):
                return 409, {"code": "OTHER_CONTENT"}
            return 202, {"id": number, "duplicate": True}

    def send_receipts(self) -> int:
        """Tell Kuayu what became of the messages; what it does not take is told again. How many were taken."""
        taken = 0
        for row in self._store.rows("SELECT * FROM sms WHERE receipt IS NULL AND next_at <= ?", time.time()):
            goes = self._goes(row["phone"])
            if goes == "silent" or self._url is None:
                continue
            state = "failed" if goes == "failed" else "delivered"
            if self._told(row["id"], state):
                self._store.run("UPDATE sms SET receipt = ? WHERE id = ?", state, row["id"])
                taken += 1
            else:
                self._store.run("UPDATE sms SET next_at = ? WHERE id = ?", time.time() + _AGAIN_S, row["id"])
        return taken

    def book(self) -> list[dict[str, Any]]:
        """Every message that came, in its order."""
        rows = self._store.rows("SELECT * FROM sms ORDER BY came_at, id")
        names = {"id": "id", "to": "phone", "text": "words", "attempts": "attempts", "receipt": "receipt"}
        return [{said: row[column] for said, column in names.items()} for row in rows]

    def script(self, number: str, script: PhoneScript) -> None:
        self._store.set(f"phone/{number}", script.goes)

    def _goes(self, number: str) -> str:
        return str(self._store.setting(f"phone/{number}", "delivered"))

    def _is_signed(self, path: str, timestamp: str, signature: str, body: bytes) -> bool:
        if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > WINDOW_S:
            return False
        return hmac.compare_digest(_signed(self._key, path, timestamp, body), signature)

    def _told(self, number: str, state: str) -> bool:
        said = {"id": number, "state": state, "at": datetime.now(UTC).isoformat(), "code": ""}
        if state == "failed":
            said["code"] = "ABSENT"
        body = json.dumps(said).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Sms-Timestamp": timestamp,
            "X-Sms-Signature": _signed(self._receipt_key, RECEIPTS, timestamp, body),
        }
        try:
            answer = self._session.post(f"{self._url}{RECEIPTS}", data=body, headers=headers, timeout=(3, 10))
        except requests.RequestException as fault:
            log.warning("a receipt waits for Kuayu: %s", type(fault).__name__)
            return False
        return answer.status_code == 204


def phone_routes(phones: Phones) -> APIRouter:
    """`/sms/v1` for the customer, `/control/phones` for the demo and tests."""
    router = APIRouter()

    @router.post("/sms/v1/messages")
    async def take(request: Request) -> JSONResponse:
        head = request.headers
        stamp, signature = head.get("x-sms-timestamp", ""), head.get("x-sms-signature", "")
        status, answer = phones.take(request.url.path, stamp, signature, await request.body())
        return JSONResponse(answer, status)

    @router.put("/control/phones/{number}")
    def script(number: str, body: PhoneScript) -> dict[str, str]:
        phones.script(number, body)
        return {"number": number}

    @router.get("/control/phones")
    def book() -> dict[str, Any]:
        return {"messages": phones.book()}

    return router


def _signed(key: str, path: str, timestamp: str, body: bytes) -> str:
    text = "POST\n" + path + "\n" + timestamp + "\n" + hashlib.sha256(body).hexdigest()
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
