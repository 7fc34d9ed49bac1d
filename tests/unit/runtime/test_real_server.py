"""A Temporal server on PostgreSQL that nobody has prepared: what a cluster is before Kuayu's first start."""

import asyncio

import pytest

from bench.real_server import real_server
from domain.jobs import DAILY
from domain.naming import CASES_QUEUE
from runtime.schedules import ensure_schedules
from runtime.settings import load_settings
from runtime.temporal import connect, prepare_namespace

pytestmark = pytest.mark.temporal


async def test_workers_that_start_together_prepare_an_empty_server_and_begin(tmp_path, postgresql):
    async with real_server(tmp_path / "server", postgresql, print) as address:
        settings = load_settings(None, sandbox="1", data_dir=tmp_path, temporal_address=address)
        client = await connect(settings)
        await asyncio.gather(*(prepare_namespace(settings) for _ in range(3)))
        await ensure_schedules(client)
        for job in DAILY:
            await client.get_schedule_handle(job.workflow_id).describe()
        await client.start_workflow("Anything", id="first", task_queue=CASES_QUEUE)
