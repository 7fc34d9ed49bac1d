"""The bare engine: cases of `bench.bare_case`, one kilobyte in, on a server that is there.

A worker process of its own carries them, as ours does; the driver starts them and sends the Updates.
"""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.bare_case import Bare, Outline, leg_name, step
from runtime.embedded import embedded_server
from runtime.ports import free_port
from runtime.settings import load_settings

QUEUE = "bare"
CARGO = "x" * 1024
PATIENCE = timedelta(seconds=60)


async def _work(address: str) -> None:
    client = await Client.connect(address)
    runner = UnsandboxedWorkflowRunner()  # as ours
    async with Worker(client, task_queue=QUEUE, workflows=[Bare], activities=[step], workflow_runner=runner):
        await asyncio.Event().wait()


def _worker(address: str) -> None:
    asyncio.run(_work(address))


@contextmanager
def _working(address: str) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=_worker, args=(address,), daemon=True, name="bare")
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


class BareEngine:
    """Runs bare cases on a server that is there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names = (f"bare-{number}" for number in count(1))
        self.done: list[str] = []
        """Names of those that are over; their legs' names follow from them."""

    async def pass_of(self, outline: Outline, cases: int, at_once: int) -> list[tuple[float, float]]:
        """Seconds until each was started and until it was over, at most `at_once` at a time."""
        room = asyncio.Semaphore(at_once)

        async def one() -> tuple[float, float]:
            async with room:
                began = time.monotonic()
                name = next(self._names)
                handle = await self._client.start_workflow(Bare.run, args=[outline, CARGO], id=name, task_queue=QUEUE)
                started = time.monotonic() - began
                await self._say(handle, outline)
                await handle.result()
                self.done.append(name)
                return started, time.monotonic() - began

        return list(await asyncio.gather(*(one() for _ in range(cases))))

    async def _say(self, handle: WorkflowHandle[Bare, int], outline: Outline) -> None:
        for place in range(outline.said):
            begun = min(place + 1, outline.legs)
            await handle.execute_update(Bare.say, args=[place, begun], rpc_timeout=PATIENCE)
            if place < outline.legs and outline.leg:
                leg = self._client.get_workflow_handle_for(Bare.run, leg_name(handle.id, place))
                await self._say(leg, outline.leg)


@asynccontextmanager
async def bare_engine(address: str) -> AsyncIterator[BareEngine]:
    """A worker of its own on that server, ready; a child of this process."""
    with _working(address):
        engine = BareEngine(await Client.connect(address))
        await engine.pass_of(Outline(before=1, said=0, after=0, timers=0), cases=1, at_once=1)  # until it has come up
        yield engine


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """A server of its own, as `make run` starts one; a child of this process. Yields its host:port."""
    ports = {"temporal_port": str(free_port()), "temporal_ui_port": str(free_port())}
    settings = load_settings(None, sandbox="1", data_dir=str(folder), **ports)
    async with embedded_server(settings, print):
        yield settings.temporal_target
