"""The first thing that a request meets: who calls, under which name, with how many headers, how often.

Pure ASGI and memory only, some microseconds a request. Wires of partners keep their own order of checks
(contracts.md "Common rules"): of them nothing but the caller's address is looked at here.
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.buckets import Buckets
from runtime.edge_settings import networks
from runtime.settings import Settings
from web.edge.names import known_names
from web.edge.proxies import resolve
from web.foundation.problems import problem
from web.security.callers import counted_as

MOST_HEADERS: Final = 100
_WIRES: Final = "/callbacks/"
_FREE: Final = ("/static/", "/healthz")
"""Asked for without end by pages and probes; they cost no more than a refusal."""
_PROBES: Final = ("/healthz", "/readyz")
"""Asked for under whatever name a machine has for us."""


class Front:
    """ASGI middleware around everything.

    431 `HEADERS`: more than 100 headers. 400 `HOST`: a name that is not ours, or none, or two. 429 `RATE`: too many
    requests from one address. Where a caller came over https, the answer says that it shall stay so (HSTS).
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._trusted = networks(settings.edge.trusted_proxies)
        self._knows = known_names(settings)
        self._buckets = Buckets(settings.edge.address_per_s)
        self._hsts = f"max-age={settings.edge.hsts_s}" if settings.edge.hsts_s else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through as its caller's, or refuse it; what is no HTTP goes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if len(scope["headers"]) > MOST_HEADERS:
            await _refuse(431, "请求头过多", "HEADERS", scope, receive, send)
            return
        resolve(scope, self._trusted)
        if self._hsts and scope["scheme"] == "https":
            send = self._with_hsts(send)
        if scope["path"].startswith(_WIRES):
            await self._app(scope, receive, send)
        elif scope["path"] not in _PROBES and not self._is_ours(scope):
            await _refuse(400, "不认识这个网址的域名", "HOST", scope, receive, send)
        elif (wait := self._wait(scope)) is not None:
            refusal = problem(429, "请求过于频繁，请稍后再试", code="RATE", retry_after_s=wait)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        return len(named) == 1 and self._knows(named[0].decode("latin-1"))

    def _wait(self, scope: Scope) -> int | None:
        if scope["path"].startswith(_FREE) or not scope.get("client"):
            return None
        return self._buckets.take(counted_as(scope["client"][0]))

    def _with_hsts(self, send: Send) -> Send:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Strict-Transport-Security", self._hsts)
            await send(message)

        return send_with


async def _refuse(status: int, detail: str, code: str, scope: Scope, receive: Receive, send: Send) -> None:
    """What is wrong with this one is wrong with the next one too: the connection ends."""
    answer = problem(status, detail, code=code)
    answer.headers["Connection"] = "close"
    await answer(scope, receive, send)
