"""The hub's front door: headers, clock, signature, business id, body, in this order (contracts.md B)."""

import re
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request

from sandbox.partners.southwest.crypto import CHINA, Identity, now, sm3
from sandbox.partners.southwest.strict import NotJson, strict_json

_DAY_S = 86_400
_SMALL, _LARGE = 2 * 1024 * 1024, 28 * 1024 * 1024
_FORMS = {
    "c-app-id": r"[!-~]{1,128}",
    "c-tenancy-id": r"[0-9]{12}",
    "c-business-id": r"[0-9]{17}[0-9a-f]{15}",
    "c-timestamp": r"[0-9]{17}",
    "c-sign-cert": r"[!-~]{1,128}",
    "c-sign": r"[A-Za-z0-9+/]{1,126}={0,2}",
}


class OuterFault(Exception):
    """A fault of the request itself: the outer code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Gate:
    """Remembers business ids for 24 h. Thread-safe."""

    who: Identity
    _used: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def read(self, request: Request, operation: str) -> bytes:
        """The raw body, never more of it than may come."""
        limit = _LARGE if operation in ("exch0001", "exch0004", "exch0006") else _SMALL
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise OuterFault("SW100504")
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type != "application/json" or "content-encoding" in request.headers:
            raise OuterFault("SW100504")
        return bytes(body)

    def check(self, request: Request, operation: str, body: bytes) -> dict[str, Any]:
        """`txnBodyCom` of an authentic request."""
        headers = _headers(request)
        app, tenancy, serial = headers["c-app-id"], headers["c-tenancy-id"], headers["c-sign-cert"]
        known = (app, tenancy) == (self.who.caller_app, self.who.caller_tenancy)
        if not known or serial not in self.who.caller_keys or serial in self.who.ended:
            raise OuterFault("SW100201")
        self._check_time(headers["c-timestamp"])
        text = "|".join((operation, app, tenancy, headers["c-business-id"], headers["c-timestamp"], sm3(body)))
        if not self.who.signed_by_caller(text, serial, headers["c-sign"]):
            raise OuterFault("SW100202")
        self._use(headers["c-business-id"])
        return _content(body)

    def _check_time(self, stamp: str) -> None:
        try:
            sent = datetime.strptime(stamp + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=CHINA)
        except ValueError:
            raise OuterFault("SW100501") from None
        if abs((now() - sent).total_seconds()) > self.who.window_s:
            raise OuterFault("SW100502")

    def _use(self, business_id: str) -> None:
        moment = time.monotonic()
        with self._lock:
            if business_id in self._used:
                raise OuterFault("SW100503")
            self._used[business_id] = moment
            for old in [key for key in list(self._used)[:2] if self._used[key] < moment - _DAY_S]:
                del self._used[old]


def _headers(request: Request) -> dict[str, str]:
    found = {}
    for name, form in _FORMS.items():
        values = request.headers.getlist(name)
        if len(values) != 1 or len(values[0]) > 128 or not re.fullmatch(form, values[0]):
            raise OuterFault("SW100501")
        found[name] = values[0]
    return found


def _content(body: bytes) -> dict[str, Any]:
    try:
        envelope = strict_json(body)
    except NotJson:
        raise OuterFault("SW100504") from None
    common = envelope.get("txnCommCom") if isinstance(envelope, dict) else None
    content = envelope.get("txnBodyCom") if isinstance(envelope, dict) else None
    names = ("txnIttChnlId", "tStsTraceId", "tRecInPage", "tPageJump")
    if not isinstance(content, dict) or not isinstance(common, dict):
        raise OuterFault("SW100504")
    if not all(isinstance(common.get(name), str) for name in names):
        raise OuterFault("SW100504")
    return content
