"""Outages of the carrier's program, as an ASGI wrapper around it: down, busy, slow, answers that get lost."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

Kind = Literal["down", "busy", "slow", "lost_answer"]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SLOW_S = 20.0
CARRIER_PATH = "/carrier/"


class Outage:
    """Passes everything but calls of the carrier's interface while an outage lasts."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kind: Kind = "down"
        self._until = 0.0

    def start(self, kind: Kind, seconds: float) -> None:
        self._kind, self._until = kind, time.monotonic() + seconds

    def stop(self) -> None:
        self._until = 0.0

    @property
    def kind(self) -> Kind | None:
        """What is out of order now."""
        return self._kind if time.monotonic() < self._until else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = self.kind if scope["type"] == "http" and scope["path"].startswith(CARRIER_PATH) else None
        if kind is None:
            await self._app(scope, receive, send)
        elif kind == "busy":
            await _answer(send, 503, b'{"code":"BUSY"}')
        elif kind == "slow":
            await self._dawdle()
            await self._app(scope, receive, send)
        elif kind == "lost_answer":
            await self._app(scope, receive, _nowhere)
            await _cut(send)
        else:
            await _cut(send)

    async def _dawdle(self) -> None:
        """Longer than anybody waits, or until the outage is over."""
        begun = time.monotonic()
        while self.kind == "slow" and time.monotonic() < begun + SLOW_S:  # noqa: ASYNC110 – ended by other threads
            await asyncio.sleep(0.1)


async def _nowhere(message: Message) -> None:
    """Where lost answers go."""


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _cut(send: Send) -> None:
    """Promise more than comes: the server then drops the connection in the middle of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
