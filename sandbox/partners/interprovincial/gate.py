"""The gateway itself: headers of every call, secrets and their ends (contracts.md C "Gateway headers", "Secret")."""

import itertools
import re
import secrets
import threading
import time
from typing import Any

from fastapi import Request

from sandbox.partners.interprovincial.crypto import equal, header_signature, refresh_signature, wrap_secret
from sandbox.partners.interprovincial.terms import Terms
from sandbox.store import Store

AUTH_FAILED = 400001


class NotAuthorised(Exception):
    """HTTP 500 with code 400001."""


class Gate:
    """Checks who calls and hands out secrets; what it must not forget is in the store."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def check(self, request: Request) -> None:
        """paasid → time window → signature → nonce. Raises NotAuthorised."""
        said = {name: _once(request, name) for name in ("paasid", "timestamp", "nonce", "signature")}
        stamp, nonce = said["timestamp"], said["nonce"]
        if said["paasid"] != self._terms.paasid or not re.fullmatch("[0-9]{10}", stamp):
            raise NotAuthorised("paasid or timestamp")
        if abs(int(stamp) - int(time.time())) > self._terms.gateway_window_s:
            raise NotAuthorised("timestamp")
        expected = [header_signature(stamp, token, nonce) for token in self._terms.tokens]
        if not any(equal(said["signature"], one) for one in expected):
            raise NotAuthorised("signature")
        with self._lock:
            self._forget_nonces()
            if nonce in self._nonces:
                raise NotAuthorised("nonce")
            self._nonces[nonce] = time.monotonic() + self._terms.nonce_memory_s

    def _forget_nonces(self) -> None:
        """Oldest first, as they were put in; those of a killed process are forgotten, effects are not."""
        now = time.monotonic()
        for nonce in list(itertools.takewhile(lambda one: self._nonces[one] < now, self._nonces)):
            del self._nonces[nonce]

    def refresh(self, request: Request) -> dict[str, Any]:
        """A fresh secret; the one before stays valid to its own end."""
        if request.scope.get("busy"):
            return {"code": "-999", "msg": "busy"}
        rtime = request.headers.get("gjgxjhpt_rtime", "")
        in_form = re.fullmatch("[0-9]{13}", rtime) is not None
        if not in_form or abs(int(rtime) / 1000 - time.time()) > self._terms.gateway_window_s:
            return {"code": "-2", "msg": "rtime"}
        sid, rid = request.headers.get("gjgxjhpt_sid", ""), request.headers.get("gjgxjhpt_rid", "")
        app_key = self._signing_key(sid, rid, rtime, request.headers.get("gjgxjhpt_sign", ""))
        if (sid, rid) != (self._terms.sid, self._terms.rid) or app_key is None:
            return {"code": "-1", "msg": "sign"}
        secret = secrets.token_hex(16)
        ends_ms = int((time.time() + self._terms.secret_s) * 1000)
        with self._lock:
            kept = [one for one in self._store.get("gw-secret", "all") or [] if one["end"] >= time.time() * 1000]
            self._store.put("gw-secret", "all", [{"secret": secret, "end": ends_ms}, *kept])
            self._store.put("gw-secret", "refreshes", self.refreshes() + 1)
        return {"code": "0", "data": {"secret": wrap_secret(app_key, secret.encode()), "secretEndTime": ends_ms}}

    def _signing_key(self, sid: str, rid: str, rtime: str, sign: str) -> str | None:
        keys = self._terms.app_keys
        return next((key for key in keys if equal(sign, refresh_signature(key, sid, rid, rtime))), None)

    def refreshes(self) -> int:
        return int(self._store.get("gw-secret", "refreshes") or 0)

    def forget_secrets(self) -> None:
        """As if the gateway had lost them: the next call is −50."""
        with self._lock:
            self._store.put("gw-secret", "all", [])

    def secrets(self) -> list[bytes]:
        """Those that count now, the newest first."""
        held = self._store.get("gw-secret", "all") or []
        return [one["secret"].encode() for one in held if one["end"] >= time.time() * 1000]


def _once(request: Request, name: str) -> str:
    values = request.headers.getlist(f"x-tif-{name}")
    if len(values) != 1 or not values[0] or len(values[0]) > 128 or not values[0].isascii():
        raise NotAuthorised(name)
    return values[0]
