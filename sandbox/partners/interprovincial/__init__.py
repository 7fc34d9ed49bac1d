"""The played national gateway with the provinces behind it (跨省通办): contracts.md C from the other side."""

import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from sandbox.engine import Engine
from sandbox.partners.interprovincial.crypto import equal, seal
from sandbox.partners.interprovincial.desk import Call, Desk
from sandbox.partners.interprovincial.gate import AUTH_FAILED, Gate, NotAuthorised
from sandbox.partners.interprovincial.notices import Notices
from sandbox.partners.interprovincial.terms import Terms
from sandbox.partners.interprovincial.wire import (
    FAULT,
    FILE_LIMIT,
    Head,
    NoEnvelope,
    Refused,
    moment,
    now_text,
    open_envelope,
    operation_of,
    package,
    read_head,
    read_package,
    read_records,
    record,
    write_envelope,
)

_XML = "text/xml; charset=utf-8"


class Changed(BaseModel):
    """What the puppeteer may change of the gateway's terms."""

    model_config = ConfigDict(extra="forbid")

    lease_s: float | None = Field(default=None, ge=0)
    secret_s: float | None = Field(default=None, gt=0)
    app_keys: list[str] | None = None
    tokens: list[str] | None = None
    unknown_items: list[str] | None = None
    forget_secrets: bool = False


class Gateway:
    """Reads a call in the contract's order and seals its answer."""

    def __init__(self, engine: Engine, terms: Terms) -> None:
        self.terms = terms
        self.gate = Gate(engine.store, terms)
        notices = Notices(engine, terms)
        engine.register("interprovincial", notices)
        self._desk = Desk(engine, terms, notices)

    def answer(self, raw: bytes, *, busy: bool) -> bytes:
        """The answer's envelope. Raises NoEnvelope."""
        if len(raw) > FILE_LIMIT:
            return _unsealed(operation_of(raw), Refused(-61, "envelope"))
        operation = operation_of(raw)
        head, secret = None, b""
        try:
            letter = open_envelope(raw)
            operation = letter.operation
            root = read_package(letter.information)
            head = read_head(root)
            secrets = self.gate.secrets()
            if letter.registration_code != self.terms.registration_code or head.fsdw != self.terms.unit or not secrets:
                raise Refused(-50, "sqzcm, FSDW or secret", sealed=False)
            secret = secrets[0]
            self._check_time(head)
            secret = _sealing(secrets, letter.operation, head, letter.information, letter.seal)
            if busy:
                raise Refused(-999, "busy")
            call = Call(letter.operation, head, read_records(root), letter.information)
            return _sealed(operation, head, secret, self._desk.answer(call))
        except Refused as refused:
            if refused.sealed and head is not None and operation is not None:
                return _sealed(operation, head, secret, record(1, "1", refused.code, refused.msg, ""))
            return _unsealed(operation, refused)

    def _check_time(self, head: Head) -> None:
        sent = moment(head.fssj)
        if sent is None or abs(sent.timestamp() - time.time()) > self.terms.package_window_s:
            raise Refused(-52, "FSSJ")


def _sealing(secrets: list[bytes], operation: str, head: Head, information: bytes, given: str) -> bytes:
    """The secret under which the call is sealed; its answer gets the same. Raises Refused −51."""
    for secret in secrets:
        if equal(given, seal(secret, operation, head.fsdw, head.jsdw, head.ywxtbh, head.fssj, information)):
            return secret
    raise Refused(-51, "seal", sealed=False)


def _sealed(operation: str, asked: Head, secret: bytes, records: str) -> bytes:
    head = Head(asked.jsdw, asked.fsdw, asked.ywxtbh, now_text())
    information = package(head, records)
    text = seal(secret, f"{operation}Response", head.fsdw, head.jsdw, head.ywxtbh, head.fssj, information)
    return write_envelope(operation, information, text)


def _unsealed(operation: str | None, refused: Refused) -> bytes:
    if operation is None:
        raise NoEnvelope
    return write_envelope(operation, package(None, record(1, "1", refused.code, refused.msg, "")), "")


def setup(engine: Engine, kuayu_url: str, terms: Terms | None = None) -> APIRouter:
    """Register the transport and return the routes; nobody is called, so `kuayu_url` stays unused."""
    gateway = Gateway(engine, terms or Terms())
    router = APIRouter()

    @router.post("/auth/refreshSecret")
    def refresh(request: Request) -> Response:
        try:
            gateway.gate.check(request)
        except NotAuthorised:
            return _not_authorised()
        return JSONResponse(gateway.gate.refresh(request))

    @router.post("/kstb")
    async def kstb(request: Request) -> Response:
        try:
            gateway.gate.check(request)
            raw = await _body(request)
            answered = await run_in_threadpool(gateway.answer, raw, busy=bool(request.scope.get("busy")))
        except NotAuthorised:
            return _not_authorised()
        except NoEnvelope:
            return Response(FAULT, 500, media_type=_XML)
        return Response(answered, 200, media_type=_XML)

    @router.put("/control/interprovincial")
    def change(changed: Changed) -> dict[str, Any]:
        for name, value in changed.model_dump(exclude_none=True, exclude={"forget_secrets"}).items():
            setattr(gateway.terms, name, value)
        if changed.forget_secrets:
            gateway.gate.forget_secrets()
        return {"refreshes": gateway.gate.refreshes()}

    @router.get("/control/interprovincial")
    def show() -> dict[str, Any]:
        return {"refreshes": gateway.gate.refreshes(), "lease_s": gateway.terms.lease_s}

    return router


def _not_authorised() -> Response:
    return JSONResponse({"code": AUTH_FAILED, "msg": "authentication failed"}, 500)


async def _body(request: Request) -> bytes:
    """At most a little more than the largest envelope. Raises NoEnvelope for another media type."""
    media_type = request.headers.get("content-type", "").replace(" ", "").lower()
    if media_type != "text/xml;charset=utf-8" or "content-encoding" in request.headers:
        raise NoEnvelope
    collected = bytearray()
    async for chunk in request.stream():
        if len(collected) <= FILE_LIMIT:
            collected += chunk
    return bytes(collected)
