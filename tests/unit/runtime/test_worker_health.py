"""A worker's container is healthy while its own worker asks for work, and only then."""

import asyncio
import socket

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.workflow import defn, run

from domain.naming import CASES_QUEUE
from runtime import worker_health
from runtime.embedded import embedded_server
from runtime.temporal import connect
from runtime.worker_health import asks_for_work


@defn
class Nothing:
    """A worker needs a workflow."""

    @run
    async def run(self) -> None:
        """Nothing happens."""


def worker_of(client: Client) -> Worker:
    return Worker(client, task_queue=CASES_QUEUE, workflows=[Nothing], workflow_runner=UnsandboxedWorkflowRunner())


@pytest.mark.temporal
async def test_the_worker_of_this_machine_counts_and_no_other(make_settings, temporal_binary):
    settings = make_settings()
    async with embedded_server(settings, print, temporal_binary):
        assert not await asks_for_work(settings, socket.gethostname())
        async with worker_of(await connect(settings)), asyncio.timeout(20):
            while not await asks_for_work(settings, socket.gethostname()):  # noqa: ASYNC110 – nothing tells us
                await asyncio.sleep(0.1)
            assert not await asks_for_work(settings, f"not-{socket.gethostname()}")


async def test_without_a_server_it_is_not_healthy(make_settings):
    assert not await asks_for_work(make_settings(), socket.gethostname())


def test_settings_that_cannot_be_read_are_said(monkeypatch, capsys):
    monkeypatch.setenv("WORKER_THREADS", "none")
    assert worker_health.main() == 1
    assert "WORKER_THREADS" in capsys.readouterr().err
