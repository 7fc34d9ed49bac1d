"""The played Southwest hub with its provinces (西南五省通办): contracts.md B from the other side of the wire."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from sandbox.engine import Engine
from sandbox.partners.southwest.crypto import Identity
from sandbox.partners.southwest.gate import Gate, OuterFault
from sandbox.partners.southwest.intake import Intake
from sandbox.partners.southwest.outgoing import Outgoing

_OK = "000000000000"
_MAX_FILE = 20 * 1024 * 1024
_MAGIC = (b"%PDF-", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # PDF, OFD, JPEG, PNG


def setup(engine: Engine, kuayu_url: str, who: Identity | None = None) -> APIRouter:
    """Register the transport and return the routes. This hub never calls us, so `kuayu_url` is not used."""
    identity = who or Identity()
    hub = Hub(engine, identity)
    engine.register("southwest", hub.outgoing)
    router, gate = APIRouter(prefix="/swx/api"), Gate(identity)

    @router.post("/{operation}")
    async def call(operation: str, request: Request) -> JSONResponse:
        try:
            body = await gate.read(request, operation)
            if request.scope.get("busy"):
                raise OuterFault("SW900001")
            inner = await run_in_threadpool(_answer, hub, gate, request, operation, body)
        except OuterFault as fault:
            return _outer("01", fault.code, "")
        return _outer("00", _OK, json.dumps(inner, ensure_ascii=False))

    return router


def _answer(hub: "Hub", gate: Gate, request: Request, operation: str, body: bytes) -> dict[str, Any]:
    act = hub.operations.get(operation)
    content = gate.check(request, operation, body)
    if act is None:
        raise OuterFault("SW100501")
    return act(content)


def _outer(status: str, code: str, inner: str) -> JSONResponse:
    described = "成功" if code == _OK else "失败"
    answer = {
        "C-API-Status": status,
        "C-Response-Code": code,
        "C-Response-Desc": described,
        "C-Response-Body": inner,
    }
    return JSONResponse(answer)


class Hub:
    """The seven operations."""

    def __init__(self, engine: Engine, who: Identity) -> None:
        self._engine = engine
        self._intake = Intake(engine, who)
        self.outgoing = Outgoing(engine, who, self._intake.reset)
        self.operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "exch0001": self._intake.take,
            "exch0002": self._list_batches,
            "exch0003": self._download,
            "exch0004": lambda content: {"code": self.outgoing.receipt(content.get("receipt"))},
            "exch0005": self._list_receipts,
            "exch0006": self._take_file,
            "exch0007": self._give_file,
        }

    def _list_batches(self, content: dict[str, Any]) -> dict[str, Any]:
        cursor, limit = _page(content)
        try:
            batches = self.outgoing.listed(cursor, limit)
        except ValueError:
            raise OuterFault("SW100504") from None
        return {"code": "00", "batches": batches, "next": batches[-1]["cursor"] if batches else cursor}

    def _download(self, content: dict[str, Any]) -> dict[str, Any]:
        batch = self.outgoing.download(str(content.get("cd_batch")))
        return {"code": "00", **batch} if batch else {"code": "SW200201"}

    def _list_receipts(self, content: dict[str, Any]) -> dict[str, Any]:
        cursor, limit = _page(content)
        try:
            receipts = self._intake.receipts(cursor, limit)
        except ValueError:
            raise OuterFault("SW100504") from None
        return {"code": "00", "receipts": receipts, "next": receipts[-1]["cursor"] if receipts else cursor}

    def _take_file(self, content: dict[str, Any]) -> dict[str, Any]:
        try:
            data = base64.b64decode(str(content.get("dataB64")), validate=True)
        except binascii.Error:
            return {"code": "SW200101"}
        fits = len(data) <= _MAX_FILE and data.startswith(_MAGIC)
        if not fits or hashlib.sha256(data).hexdigest() != content.get("sha256"):
            return {"code": "SW200101"}
        self._engine.store.put_bytes("sw_file", str(content["sha256"]), data)
        return {"code": "00"}

    def _give_file(self, content: dict[str, Any]) -> dict[str, Any]:
        data = self._engine.offered("southwest", str(content.get("sha256")))
        return {"code": "00", "dataB64": base64.b64encode(data).decode()} if data else {"code": "SW200201"}


def _page(content: dict[str, Any]) -> tuple[str, int]:
    cursor, limit = content.get("cursor"), content.get("limit")
    if not isinstance(cursor, str) or type(limit) is not int or not 1 <= limit <= 500:
        raise OuterFault("SW100504")
    return cursor, limit
