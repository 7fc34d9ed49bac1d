"""The played office for electronic licences (电子证照核验): one question, one signed answer, as docs/licences.md says.

Every licence is valid unless the puppeteer says otherwise (`PUT /control/licences/{number}`), and an identity card
belongs to whom its number says.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.engine import Engine

Word = Literal["VALID", "UNKNOWN", "REVOKED", "EXPIRED", "HOLDER_DIFFERS"]

_PATH = "/licences/v1/checks"
_APP, _KEY = "cq-yuzhong-01", "licences-sandbox-key"
_LIMIT = 64 * 1024
_WINDOW_S = 90
_NONCE_S = 600
_CHINA = timezone(timedelta(hours=8))
_HEADERS = {
    "x-licence-app": r"[ -~]{1,64}",
    "x-licence-time": r"[0-9]{10}",
    "x-licence-nonce": r"[0-9a-f]{32}",
    "x-licence-signature": r"[0-9a-f]{64}",
}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Licence(_Shape):
    type: str = Field(min_length=1, max_length=40)
    number: str = Field(min_length=2, max_length=60)
    issuer: str = Field(min_length=2, max_length=60)


class _Holder(_Shape):
    name: str = Field(min_length=1, max_length=200)
    idType: str | None = None
    idNumber: str | None = None


class _Question(_Shape):
    checkKey: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    licence: _Licence
    holder: _Holder
    purpose: str = Field(min_length=1, max_length=200)
    consentedAt: datetime


class Refused(Exception):
    """A refusal in the wire's words."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Ordered(BaseModel):
    """What the office will say of a licence. None: forget it."""

    model_config = ConfigDict(extra="forbid")

    word: Word | None


def setup(engine: Engine) -> APIRouter:
    """The office's one route, and the puppeteer's."""
    router = APIRouter()

    @router.post(_PATH)
    async def check(request: Request) -> Response:
        nonce = request.headers.get("x-licence-nonce", "")
        try:
            if request.scope.get("busy"):
                raise Refused(503, "BUSY")
            body = await request.body()
            _check_request(engine, request, body)
            return _signed(200, nonce, _answer(engine, body))
        except Refused as refused:
            return _signed(refused.status, nonce, {"code": refused.code})

    @router.put("/control/licences/{number}")
    def order(number: str, ordered: Ordered) -> dict[str, str | None]:
        engine.store.put("licence", number, ordered.word)
        return {"word": ordered.word}

    @router.get("/control/licences")
    def asked() -> dict[str, int]:
        """checkKey → how often it was asked."""
        return dict(engine.store.items("licence-asked"))

    return router


def _check_request(engine: Engine, request: Request, body: bytes) -> None:
    if len(body) > _LIMIT:
        raise Refused(413, "TOO_LARGE")
    given = {name: request.headers.get(name, "") for name in _HEADERS}
    if not all(re.fullmatch(form, given[name]) for name, form in _HEADERS.items()):
        raise Refused(400, "HEADERS")
    app, at, nonce = given["x-licence-app"], given["x-licence-time"], given["x-licence-nonce"]
    text = "\n".join(["POST", _PATH, app, at, nonce, hashlib.sha256(body).hexdigest()])
    if app != _APP or not hmac.compare_digest(_mac(text), given["x-licence-signature"]):
        raise Refused(401, "SIGNATURE")
    if abs(time.time() - int(at)) > _WINDOW_S:
        raise Refused(401, "TIME")
    until = engine.store.get("licence-nonce", nonce)
    if until is not None and until > time.time():
        raise Refused(409, "NONCE")
    engine.store.put("licence-nonce", nonce, time.time() + _NONCE_S)


def _answer(engine: Engine, body: bytes) -> dict[str, Any]:
    try:
        asked = _Question.model_validate_json(body)
    except ValidationError:
        raise Refused(422, "BODY") from None
    with engine.store.transaction():
        times = engine.store.get("licence-asked", asked.checkKey) or 0
        engine.store.put("licence-asked", asked.checkKey, times + 1)
        print_of = hashlib.sha256(body).hexdigest()
        first = engine.store.get("licence-check", asked.checkKey)
        if first is not None:
            if first["body"] != print_of:
                raise Refused(409, "KEY_REUSED")
            answer: dict[str, Any] = first["answer"]
            return answer
        answer = {
            "checkId": f"LC{secrets.token_hex(8)}",
            "result": _word(engine, asked),
            "checkedAt": datetime.now(_CHINA).isoformat(timespec="seconds"),
        }
        engine.store.put("licence-check", asked.checkKey, {"body": print_of, "answer": answer})
        return answer


def _word(engine: Engine, asked: _Question) -> Word:
    ordered: Word | None = engine.store.get("licence", asked.licence.number)
    if ordered is not None:
        return ordered
    own = asked.holder.idNumber
    if asked.licence.type == "居民身份证" and own is not None and own != asked.licence.number:
        return "HOLDER_DIFFERS"
    return "VALID"


def _signed(status: int, nonce: str, said: dict[str, Any]) -> Response:
    body = json.dumps(said, ensure_ascii=False).encode()
    text = "\n".join([str(status), nonce, hashlib.sha256(body).hexdigest()])
    headers = {"X-Licence-Signature": _mac(text)}
    return Response(body, status, headers=headers, media_type="application/json")


def _mac(text: str) -> str:
    return hmac.new(_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
