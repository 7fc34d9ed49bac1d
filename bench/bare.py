"""The bare engine: cases of `bench.bare_case` on an embedded server of their own, one kilobyte in.

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

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.bare_case import SAID, Bare, step
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
        self._names = count(1)

    async def pass_of(self, cases: int, at_once: int) -> list[tuple[float, float]]:
        """Seconds until each was started and until it was over, at most `at_once` at a time."""
        room = asyncio.Semaphore(at_once)

        async def one() -> tuple[float, float]:
            async with room:
                began = time.monotonic()
                handle = await self._client.start_workflow(
                    Bare.run, CARGO, id=f"bare-{next(self._names)}", task_queue=QUEUE
                )
                started = time.monotonic() - began
                for place in range(SAID):
                    await handle.execute_update(Bare.say, place, rpc_timeout=PATIENCE)
                await handle.result()
                return started, time.monotonic() - began

        return list(await asyncio.gather(*(one() for _ in range(cases))))


@asynccontextmanager
async def bare_engine(folder: Path) -> AsyncIterator[BareEngine]:
    """A server and a worker of its own, ready; both children of this process."""
    ports = {"temporal_port": str(free_port()), "temporal_ui_port": str(free_port())}
    settings = load_settings(None, sandbox="1", data_dir=str(folder), **ports)
    async with embedded_server(settings, print):
        with _working(settings.temporal_target):
            yield BareEngine(await Client.connect(settings.temporal_target))
