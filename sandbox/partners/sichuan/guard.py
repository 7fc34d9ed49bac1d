"""Sichuan's gate: the checks of a request in the contract's order, up to and with the nonce."""

import re
import time
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import JSONResponse

from sandbox.partners.sichuan.crypto import Identity, query_text, text_to_sign
from sandbox.store import Store

BODY_LIMIT = 256 * 1024
FILE_LIMIT = 20 * 1024 * 1024
_NONCE_S = 600

_REQUIRED = {
    "x-cy-app-id": r"[ -~]*",
    "x-cy-timestamp": r"[0-9]{10}",
    "x-cy-nonce": r"[0-9a-f]{32}",
    "x-cy-msg-id": r"[A-Za-z0-9_-]{8,64}",
    "x-cy-sign-alg": r"[ -~]*",
    "x-cy-signature": r"[!-~]+( [!-~]+)?",
}


class Problem(Exception):
    """A refusal in the wire's words."""

    def __init__(self, code: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s

    def answer(self) -> JSONResponse:
        content: dict[str, str | int] = {"type": "about:blank", "title": self.code, "code": self.code}
        if self.code == "CY4013":
            content["serverTime"] = int(time.time())
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        status = int(self.code[2:5])
        return JSONResponse(content, status, headers, media_type="application/problem+json")


class Checked(NamedTuple):
    """A request that is authentic and new."""

    path: str
    message_id: str
    nonce: str
    body: bytes


async def check(request: Request, who: Identity, store: Store) -> Checked:
    """Raises Problem. A bad signature consumes no nonce."""
    if request.scope.get("busy"):
        raise Problem("CY5031", retry_after_s=1)
    is_file = request.method == "PUT"
    body = await _body(request, FILE_LIMIT if is_file else BODY_LIMIT)
    _check_media_type(request, needs_json=request.method == "POST")
    headers = _check_headers(request)
    if headers["x-cy-app-id"] != who.caller_app or headers["x-cy-sign-alg"] != who.alg:
        raise Problem("CY4012")
    if abs(int(time.time()) - int(headers["x-cy-timestamp"])) > who.window_s:
        raise Problem("CY4013")
    path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
    text = text_to_sign(
        request.method,
        path,
        query_text(request.scope["query_string"].decode("latin-1")),
        headers["x-cy-app-id"],
        headers["x-cy-timestamp"],
        headers["x-cy-nonce"],
        headers["x-cy-msg-id"],
        body=body,
    )
    if not who.signed_by_caller(text, headers["x-cy-signature"]):
        raise Problem("CY4012")
    _remember(store, headers["x-cy-nonce"])
    return Checked(path, headers["x-cy-msg-id"], headers["x-cy-nonce"], body)


async def _body(request: Request, limit: int) -> bytes:
    collected = bytearray()
    async for chunk in request.stream():
        collected += chunk
        if len(collected) > limit:
            raise Problem("CY4131")
    return bytes(collected)


def _check_media_type(request: Request, *, needs_json: bool) -> None:
    if "content-encoding" in request.headers:
        raise Problem("CY4151")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if needs_json and media_type != "application/json":
        raise Problem("CY4151")


def _check_headers(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, form in _REQUIRED.items():
        values = request.headers.getlist(name)
        if len(values) != 1 or len(values[0]) > 128 or not re.fullmatch(form, values[0]):
            raise Problem("CY4002")
        found[name] = values[0]
    return found


def _remember(store: Store, nonce: str) -> None:
    now = time.time()
    until = store.get("cy-nonce", nonce)
    if until is not None and until > now:
        raise Problem("CY4091")
    store.put("cy-nonce", nonce, now + _NONCE_S)
