"""HTTP connections that cannot be held: each part of a request has its time, each answer too, and places are counted.

uvicorn has a time between two requests only. A head that dribbles, a body that dribbles, an answer that nobody takes
and a body that nobody reads would else keep a connection, and what belongs to it, for as long as a caller likes.
"""

import asyncio
import json
import resource
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from runtime.edge_settings import EdgeSettings, is_within, networks
from web.security.callers import counted_as

MAX_HEAD_BYTES: Final = 32 * 1024
_LINGER_S: Final = 10.0
_LOOK_S: Final = 5.0
_FILES: Final = 8192


class Places:
    """How many connections there are, and how many of them from one address."""

    def __init__(self, edge: EdgeSettings) -> None:
        self._most, self._most_of_one = edge.connections, edge.connections_per_address
        self._trusted = networks(edge.trusted_proxies)
        self._taken: Counter[str] = Counter()
        self._all = 0

    def take(self, host: str) -> str | None:
        """A place for one more from `host`: what to give back at its end, or None where there is none left."""
        place = "" if is_within(host, self._trusted) else counted_as(host)
        if self._all >= self._most or (place and self._taken[place] >= self._most_of_one):
            return None
        self._all += 1
        self._taken[place] += 1
        return place

    def give_back(self, place: str) -> None:
        """One less; addresses that nobody calls from are forgotten."""
        self._all -= 1
        self._taken[place] -= 1
        if not self._taken[place]:
            del self._taken[place]


class _Lingering:
    """A transport whose `close` lets a caller that still sends read the answer first.

    Closed with unread bytes, a socket tells the other side to forget what it was sent, and a 413 never arrives.
    """

    def __init__(
        self, transport: asyncio.Transport, unfinished: Callable[[], bool], linger: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._unfinished = unfinished
        self._linger = linger
        self.lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.lingers or bool(self._transport.is_closing())

    def write(self, data: bytes) -> None:
        if not self.lingers:
            self._transport.write(data)

    def close(self) -> None:
        if self.lingers or self._transport.is_closing() or not self._unfinished():
            self._transport.close()
            return
        self.lingers = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._linger()


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with limits of time and number; made by `bounded`."""

    edge: EdgeSettings
    places: Places

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any) -> None:
        super().__init__(config, server_state, app_state, **more)
        self._place: str | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._body_bytes = 0
        self._body_began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place and wait for a head, or send the caller away."""
        kept = cast(asyncio.Transport, _Lingering(transport, self._is_sending, self._linger))
        super().connection_made(kept)
        self._place = self.places.take(self.client[0] if self.client else "")
        if self._place is None:
            transport.write(_raw(503, "Service Unavailable", "BUSY", "连接过多，请稍后再试", "Retry-After: 5\r\n"))
            transport.close()
            return
        self._after("head", self.edge.head_s, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give everything back."""
        for name in list(self._timers):
            self._cancel(name)
        if self._place is not None:
            self.places.give_back(self._place)
            self._place = None
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        """Count what comes; what comes after the answer is thrown away unread."""
        if self.transport.is_closing():
            return
        self._body_bytes += len(data)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on with the next request, or end where this one's body was not taken."""
        if not self.transport.is_closing() and self._is_sending():
            self.transport.close()
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The caller takes nothing: for so long and no longer."""
        super().pause_writing()
        self._after("send", self.edge.send_s, self._abort)

    def resume_writing(self) -> None:
        """It goes on."""
        super().resume_writing()
        self._cancel("send")

    def _is_sending(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY

    def _look(self) -> None:
        """Which part of a request is awaited now, and until when."""
        if self.transport.is_closing():
            self._cancel("head")
            self._cancel("body")
            return
        state = self.conn.their_state
        if state is not h11.IDLE:
            self._cancel("head")
        elif self.conn.trailing_data[0] and "head" not in self._timers:
            self._after("head", self.edge.head_s, self._too_slow)
        if state is not h11.SEND_BODY:
            self._cancel("body")
        elif "body" not in self._timers:
            self._body_bytes, self._body_began = 0, self.loop.time()
            self._after("body", self.edge.body_s, self._look_at_body)

    def _look_at_body(self) -> None:
        """Fast enough so far, or kept waiting by ourselves: look again soon."""
        needed = (self.loop.time() - self._body_began) * self.edge.body_bytes_per_s
        if self._body_bytes >= needed or self.flow.read_paused:
            self._after("body", _LOOK_S, self._look_at_body)
        else:
            self._too_slow()

    def _too_slow(self) -> None:
        """408 where no answer has begun; whoever waits for the body learns that nobody is there any more."""
        self._cancel("head")
        self._cancel("body")
        if self.transport.is_closing():
            return
        cycle = self.cycle
        between = cycle is None or cycle.response_complete
        if between or not cycle.response_started:
            self.transport.write(_raw(408, "Request Timeout", "TIMEOUT", "发送过慢，请重试"))
        if not between:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    def _linger(self) -> None:
        self._after("linger", _LINGER_S, self._abort)

    def _abort(self) -> None:
        self.transport.abort()

    def _after(self, name: str, wait_s: float, then: Callable[[], None]) -> None:
        self._cancel(name)
        self._timers[name] = self.loop.call_later(wait_s, then)

    def _cancel(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


def bounded(edge: EdgeSettings) -> type[BoundedProtocol]:
    """The protocol with these settings; all its connections share the places."""
    shared = Places(edge)

    class Bounded(BoundedProtocol):
        places = shared

    Bounded.edge = edge
    return Bounded


def enough_files(edge: EdgeSettings) -> None:
    """Let this process open as many files as it has places, as far as the system allows: else accepting fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(_FILES, 2 * edge.connections)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _raw(status: int, phrase: str, code: str, detail: str, more: str = "") -> bytes:
    """An answer for whom no request was read; the connection ends after it."""
    told = {"type": "about:blank", "title": "请稍后再试", "status": status, "detail": detail, "code": code}
    body = json.dumps(told, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{more}Connection: close\r\n\r\n".encode() + body
