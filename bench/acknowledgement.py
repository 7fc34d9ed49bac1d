"""Acknowledging a Sichuan callback against a bare Temporal signal, in one run under one load.

The whole system carries online cases on a real server as fast as this machine can. Meanwhile callbacks for cases that
wait come at a fixed rate, and as many signals to workflows that nobody works on: both whether the ones before are
answered or not. One callback in ten comes twice; what was acknowledged is looked for in the inbox at the end.
`python -m bench.acknowledgement` writes bench/results/acknowledgement.json.
"""

import asyncio
import re
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from temporalio.client import Client

from bench.figures import SHORT, p95, spread, write
from bench.houses import real_house
from bench.ours import Ours
from bench.shapes import SHAPES
from storage.cases.rows import CaseRow
from storage.exchange.inbox_row import InboxRow
from tests.unit.exchange.sichuan_callbacks import callback, content

PASSES = 1 if SHORT else 5
PER_SECOND = 20
SECONDS = 2 if SHORT else 8
REPEATED = 10
LOAD_IN_FLIGHT = 10
EVENTS = ("RECEIVED", "ACCEPTED", "REVIEWING")
ONLINE = SHAPES[0]
WAITING = replace(
    ONLINE, name="waiting", first_number=20_000, story=replace(ONLINE.story, partner_script=({"await": "never"},))
)
KEPT_S = 4.0  # the server closes after five
WITHIN_S = 120.0


def _wire(said: dict[str, Any]) -> bytes:
    raw = callback(said, **{"X-CY-Timestamp": str(int(time.time()))})
    lines = [f"{name}: {value}" for name, value in raw.headers]
    head = ["POST /callbacks/sichuan HTTP/1.1", "Host: bench", *lines, f"Content-Length: {len(raw.body)}", "", ""]
    return "\r\n".join(head).encode() + raw.body


class CallbackProbe:
    """Sends over kept connections, as a gateway does; each message is signed before its time is taken."""

    def __init__(self, address: str, numbers: list[str]) -> None:
        self._said = (
            content(event, seq, f"evt_{n}_{seq}", caseNo=n, occurredAt=datetime.now(UTC).isoformat())
            for seq, event in enumerate(EVENTS, 1)
            for n in numbers
        )
        self._sent = count()
        self._last: dict[str, Any] = {}
        self.different = 0
        where = urlsplit(address)
        self._where = (str(where.hostname), int(where.port or 0))
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    def _next(self) -> dict[str, Any]:
        if next(self._sent) % REPEATED == REPEATED - 1:
            return self._last
        self._last = next(self._said)
        self.different += 1
        return self._last

    async def __call__(self) -> float:
        request = _wire(self._next())
        reader, writer = await self._connection()
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: ([0-9]+)", head.lower())
        assert length, head
        body = await reader.readexactly(int(length[1]))
        taken = time.perf_counter() - began
        assert b'"code":"0000"' in body, body
        self._idle.append((time.monotonic(), reader, writer))
        return taken

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The one that was used last; one that the server may have closed meanwhile is given up."""
        while self._idle:
            since, reader, writer = self._idle.pop()
            if time.monotonic() - since < KEPT_S:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(*self._where)


class SignalProbe:
    """Signals 50 open workflows that nobody works on: the acknowledgement is the server's alone."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._place = count()

    async def start(self) -> None:
        for place in range(50):
            await self._client.start_workflow("Bench", id=f"bench-{place}", task_queue="nobody")

    async def __call__(self) -> float:
        handle = self._client.get_workflow_handle(f"bench-{next(self._place) % 50}")
        began = time.perf_counter()
        await handle.signal("event", {"seq": 1})
        return time.perf_counter() - began


async def _at_a_rate(probes: list[Callable[[], Awaitable[float]]]) -> list[list[float]]:
    """Each probe PER_SECOND times a second, in turn; late answers delay nothing."""
    running: list[list[asyncio.Task[float]]] = [[] for _ in probes]
    began = time.perf_counter()
    for place in range(PER_SECOND * SECONDS):
        for which, probe in enumerate(probes):
            due = began + (place + which / len(probes)) / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            running[which].append(asyncio.ensure_future(probe()))
    return [list(await asyncio.gather(*tasks)) for tasks in running]


def _until_submitted(ours: Ours, numbers: list[str]) -> None:
    wanted = select(func.count()).where(CaseRow.case_no.in_(numbers), CaseRow.status == "SUBMITTED")
    deadline = time.monotonic() + WITHIN_S
    while True:
        with ours.database.read() as session:
            if session.scalar(wanted) == len(numbers):
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the cases that wait were not submitted")
        time.sleep(0.2)


@contextmanager
def _load(ours: Ours) -> Iterator[None]:
    """Online cases, so many in flight, until the block ends."""
    over = threading.Event()

    def keep_going() -> None:
        while not over.is_set():
            ours.pass_of(ONLINE, LOAD_IN_FLIGHT, LOAD_IN_FLIGHT)

    thread = threading.Thread(target=keep_going)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _stored(ours: Ours, numbers: list[str]) -> int:
    with ours.database.read() as session:
        stored = select(func.count()).select_from(InboxRow).where(InboxRow.handling_no.in_(numbers))
        return session.scalar(stored) or 0


async def measure() -> dict[str, Any]:
    """The load comes up, then pass after pass."""
    cases = -(-PER_SECOND * SECONDS * PASSES // len(EVENTS))
    with tempfile.TemporaryDirectory() as name:
        async with real_house(Path(name)) as house:
            numbers = await asyncio.to_thread(house.ours.open_ones, WAITING, cases, LOAD_IN_FLIGHT)
            await asyncio.to_thread(_until_submitted, house.ours, numbers)
            signals, pushed = SignalProbe(house.engine), CallbackProbe(house.system.kuayu, numbers)
            await signals.start()
            with _load(house.ours):
                passes = [await _at_a_rate([signals, pushed]) for _ in range(PASSES)]
            lost = pushed.different - _stored(house.ours, numbers)
    found = {
        "signal_p95_ms": [p95(signalled) * 1000 for signalled, _ in passes],
        "callback_p95_ms": [p95(acknowledged) * 1000 for _, acknowledged in passes],
    }
    found["callback_by_signal"] = [
        ours / theirs for ours, theirs in zip(found["callback_p95_ms"], found["signal_p95_ms"], strict=True)
    ]
    figures = {name: spread(values) for name, values in found.items()}
    return {**figures, "per_second": PER_SECOND, "sent": PER_SECOND * SECONDS * PASSES, "passes": PASSES, "lost": lost}


if __name__ == "__main__":
    write("acknowledgement", asyncio.run(measure()))
