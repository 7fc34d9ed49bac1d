"""A partner network that is not itself: down, busy, slow, or answering late or never (settable faults)."""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.case import PartnerName

OutageKind = Literal["down", "busy", "slow", "lost_answer", "late_answer"]

Outside = PartnerName | Literal["licences"]
"""Whoever may be away: a network, or the licence office."""

_PREFIXES: tuple[tuple[str, Outside], ...] = (
    ("/cy/", "sichuan"),
    ("/swx/", "southwest"),
    ("/kstb", "interprovincial"),
    ("/auth/", "interprovincial"),
    ("/licences/", "licences"),
)


@dataclass
class _Outage:
    kind: OutageKind
    until: float | None
    times: int | None
    delay_s: float


@dataclass
class Outages:
    """Which network has which fault now. `down` holds back what the network itself would send, too."""

    _now: dict[str, _Outage] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(
        self,
        partner: Outside,
        kind: OutageKind,
        seconds: float | None = None,
        times: int | None = None,
        delay_s: float = 12.0,
    ) -> None:
        """For `seconds`, or for the next `times` requests, or until `end`."""
        until = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            self._now[partner] = _Outage(kind, until, times, delay_s)

    def end(self, partner: Outside) -> None:
        with self._lock:
            self._now.pop(partner, None)

    def clear(self) -> None:
        with self._lock:
            self._now.clear()

    def current(self, partner: str) -> OutageKind | None:
        """The fault now, without using up one of its times."""
        with self._lock:
            outage = self._live(partner)
            return outage.kind if outage else None

    def take(self, partner: str) -> tuple[OutageKind, float] | None:
        """The fault that meets this request, and its delay in seconds."""
        with self._lock:
            outage = self._live(partner)
            if outage is None:
                return None
            if outage.times is not None:
                outage.times -= 1
                if outage.times <= 0:
                    del self._now[partner]
            return outage.kind, outage.delay_s

    def _live(self, partner: str) -> _Outage | None:
        outage = self._now.get(partner)
        if outage and outage.until is not None and time.monotonic() >= outage.until:
            del self._now[partner]
            return None
        return outage


class OutageMiddleware:
    """Plays the faults that no network would word itself; a busy one answers in its own words (`scope["busy"]`)."""

    def __init__(self, app: ASGIApp, outages: Outages) -> None:
        self._app = app
        self._outages = outages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        partner = next((name for prefix, name in _PREFIXES if path.startswith(prefix)), None)
        fault = self._outages.take(partner) if scope["type"] == "http" and partner else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        kind, delay_s = fault
        if kind == "down":
            await _gateway_without_network(send)
        elif kind == "lost_answer":
            await self._app(scope, receive, _nowhere)
            await _broken_answer(send)
        elif kind == "late_answer":
            said: list[Message] = []
            await self._app(scope, receive, _kept(said))
            await asyncio.sleep(delay_s)
            for message in said:
                await send(message)
        else:
            if kind == "slow":
                await asyncio.sleep(delay_s)
            await self._app({**scope, "busy": kind == "busy"}, receive, send)


async def _gateway_without_network(send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"11")]
    await send({"type": "http.response.start", "status": 502, "headers": headers})
    await send({"type": "http.response.body", "body": b"Bad Gateway"})


async def _nowhere(message: Message) -> None:
    """The order was carried out; its answer never leaves the building."""


def _kept(said: list[Message]) -> Send:
    """The order was carried out; its answer waits."""

    async def keep(message: Message) -> None:
        said.append(message)

    return keep


async def _broken_answer(send: Send) -> None:
    """DoorPromises a body and closes the connection: the server hangs up on an answer that is not complete."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
