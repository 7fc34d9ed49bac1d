"""Acknowledging a Sichuan callback against a bare Temporal signal, in one run under one load (p95 ≤ 1.5 ×).

A worker carries small workflows on the embedded server as fast as this machine can; meanwhile signals and callbacks
come at a fixed rate, whether the ones before are answered or not. One callback in ten comes twice. The web process
has its own SQLite file, as the product has. `python -m bench.acknowledgement` writes
bench/results/acknowledgement.json.
"""

import asyncio
import json
import multiprocessing
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import func, select
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.identifiers import make_case_number
from domain.terms import Partner
from runtime.embedded import embedded_server
from runtime.ports import free_port
from runtime.settings import load_settings
from runtime.temporal import connect
from storage.base import Database
from storage.exchange.inbox_row import InboxRow
from tests.unit.exchange.sichuan_callbacks import callback, content, open_sichuan_office
from web.api import callbacks

PER_SECOND = 30
SECONDS = 20
LOAD_IN_FLIGHT = 10
RESULT = Path(__file__).parent / "results" / "acknowledgement.json"


@activity.defn
async def step(place: int) -> int:
    return place


@workflow.defn
class Load:
    """Three steps one after the other: what a case does, without its waits."""

    @workflow.run
    async def run(self) -> None:
        for place in range(3):
            await workflow.execute_activity(step, place, start_to_close_timeout=timedelta(seconds=30))


def _web(folder: Path, port: int, numbers: list[str]) -> None:
    office = open_sichuan_office(folder, live=True)
    office.add_cases(numbers)
    app = FastAPI()
    app.include_router(callbacks.router(Partner.SICHUAN, office.intake, lambda: None))
    uvicorn.run(app, port=port, log_level="critical", access_log=False, timeout_keep_alive=120)


async def _load(address: str) -> None:
    client = await Client.connect(address)
    names = count()

    async def driver() -> None:
        while True:
            await client.execute_workflow(Load.run, id=f"load-{next(names)}", task_queue="load")

    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue="load", workflows=[Load], activities=[step], workflow_runner=runner):
        await asyncio.gather(*(driver() for _ in range(LOAD_IN_FLIGHT)))


def _load_process(address: str) -> None:
    asyncio.run(_load(address))


@contextmanager
def _process(target: Callable[..., None], *arguments: Any) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _wire(said: dict[str, Any]) -> bytes:
    raw = callback(said, **{"X-CY-Timestamp": str(int(time.time()))})
    lines = [f"{name}: {value}" for name, value in raw.headers]
    head = ["POST /callbacks/sichuan HTTP/1.1", "Host: bench", *lines, f"Content-Length: {len(raw.body)}", "", ""]
    return "\r\n".join(head).encode() + raw.body


class CallbackProbe:
    """Sends over kept connections, as a gateway does; each message is signed before its time is taken."""

    def __init__(self, port: int, numbers: list[str]) -> None:
        occurred = datetime.now(UTC).isoformat()
        self._said = (content(caseNo=n, event_id=f"evt_{n}", occurredAt=occurred) for n in numbers)
        self._sent = count()
        self._last: dict[str, Any] = {}
        self.different = 0
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def _next(self) -> dict[str, Any]:
        if next(self._sent) % 10 == 9:
            return self._last
        self._last = next(self._said)
        self.different += 1
        return self._last

    async def __call__(self) -> float:
        request = _wire(self._next())
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: ([0-9]+)", head.lower())
        assert length, head
        body = await reader.readexactly(int(length[1]))
        taken = time.perf_counter() - began
        assert b'"code":"0000"' in body, body
        self._idle.append((reader, writer))
        return taken


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


def _figures(taken_s: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken_s, n=100)
    return {"count": len(taken_s), "p50_ms": round(cuts[49] * 1000, 1), "p95_ms": round(cuts[94] * 1000, 1)}


async def _until_listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def measure() -> dict[str, Any]:
    serials = range(1000, 1000 + PER_SECOND * SECONDS)
    numbers = [make_case_number("500103", datetime.now(UTC).date(), serial) for serial in serials]
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        ports = {"temporal_port": str(free_port()), "temporal_ui_port": str(free_port())}
        settings = load_settings(None, sandbox="1", data_dir=name, **ports)
        async with embedded_server(settings, print):
            signals = SignalProbe(await connect(settings))
            await signals.start()
            with _process(_web, folder, port, numbers), _process(_load_process, settings.temporal_target):
                await _until_listening(port)
                await asyncio.sleep(3)  # the load has come up
                pushed = CallbackProbe(port, numbers)
                signalled, acknowledged = await _at_a_rate([signals, pushed])
        lost = pushed.different - _stored(folder)
    figures = {"signal": _figures(signalled), "callback": _figures(acknowledged)}
    ratio = figures["callback"]["p95_ms"] / figures["signal"]["p95_ms"]
    return {**figures, "per_second": PER_SECOND, "lost": lost, "ratio_p95": round(ratio, 2)}


def _stored(folder: Path) -> int:
    database = Database(f"sqlite:///{folder / 'kuayu.db'}")
    with database.read() as session:
        stored = session.scalar(select(func.count()).select_from(InboxRow)) or 0
    database.close()
    return stored


def main() -> None:
    figures = asyncio.run(measure())
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
