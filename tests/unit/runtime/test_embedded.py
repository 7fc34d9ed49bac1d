"""The embedded server: its files, its command line, and that nothing is lost by a kill."""

import asyncio
import os
import signal
import uuid

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.errors import Misconfigured
from domain.naming import SEARCH_ATTRIBUTES
from runtime import child
from runtime.embedded import READY_S, claim_files, embedded_server, server_argv
from runtime.processes import url_probe
from runtime.server_binary import ServerBinary, Source
from runtime.temporal import connect, has_worker, is_serving, prepare_namespace


def test_a_newer_servers_files_are_not_opened_by_an_older_one(tmp_path):
    claim_files(tmp_path, "1.29.1")
    claim_files(tmp_path, "1.30.0")
    claim_files(tmp_path, "1.30.0")
    with pytest.raises(
        Misconfigured, match=r"Temporal Server 1\.30\.0 wrote the files .* is 1\.29\.1: set TEMPORAL_BIN"
    ):
        claim_files(tmp_path, "1.29.1")
    assert (tmp_path / "temporal.version").read_text() == "1.30.0\n"


def test_versions_are_compared_as_numbers(tmp_path):
    claim_files(tmp_path, "1.9.0")
    claim_files(tmp_path, "1.29.1")
    with pytest.raises(Misconfigured):
        claim_files(tmp_path, "1.9.0")


def test_the_file_has_a_write_ahead_journal_and_pages(make_settings, temporal_binary):
    settings = make_settings()
    line = " ".join(server_argv(temporal_binary, settings))
    assert "--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=NORMAL" in line
    assert f"--db-filename {settings.data_dir}/temporal.db" in line
    assert f"--ui-port {settings.temporal_ui_port}" in line
    assert "--headless" not in line


@pytest.mark.temporal
async def test_namespace_attributes_and_pages_are_there_and_a_restart_loses_nothing(make_settings, temporal_binary):
    settings = make_settings(temporal_namespace="kuayu-test")
    workflow_id = f"case-{uuid.uuid4()}"
    async with embedded_server(settings, print, temporal_binary):
        client = await connect(settings)
        assert client.namespace == "kuayu-test"
        await client.start_workflow("Nobody", id=workflow_id, task_queue="nobody")
        await prepare_namespace(settings)  # again, without harm
        assert await url_probe(settings.temporal_ui_url)()
        beside = make_settings(temporal_address=settings.temporal_target, temporal_namespace="kuayu-test")
        assert not beside.embedded  # with an address there is nothing of ours to start
        assert await is_serving(beside)
        for name in SEARCH_ATTRIBUTES:  # a query with an unknown attribute is refused
            await client.count_workflows(f"{name} is null")
        assert not await has_worker(settings, "nobody")
    assert not await is_serving(settings)
    async with embedded_server(settings, print, temporal_binary):
        described = await (await connect(settings)).get_workflow_handle(workflow_id).describe()
        assert described.status is WorkflowExecutionStatus.RUNNING


@pytest.mark.temporal
async def test_a_kill_loses_nothing_that_was_acknowledged(make_settings, temporal_binary):
    settings = make_settings()
    ids = [f"case-{uuid.uuid4()}" for _ in range(20)]
    claim_files(settings.data_dir, temporal_binary.server_version)
    process = await child.launch(
        server_argv(temporal_binary, settings), env={}, log=settings.data_dir / "logs" / "temporal.log"
    )
    async with asyncio.timeout(READY_S):
        while not await is_serving(settings):  # noqa: ASYNC110 – nothing tells us
            await asyncio.sleep(0.1)
    client = await connect(settings)
    await asyncio.gather(*(client.start_workflow("Nobody", id=each, task_queue="nobody") for each in ids))
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    async with embedded_server(settings, print, temporal_binary):
        client = await connect(settings)
        for each in ids:
            described = await client.get_workflow_handle(each).describe()
            assert described.status is WorkflowExecutionStatus.RUNNING


async def test_a_server_that_does_not_come_up_shows_its_last_lines(make_settings, tmp_path):
    program = tmp_path / "temporal"
    program.write_text("#!/bin/sh\necho the disk is full\nexit 3\n")
    program.chmod(0o755)
    binary = ServerBinary(path=program, server_version="1.29.1", source=Source.PATH)
    with pytest.raises(Misconfigured, match="did not come up; its last lines:\n  the disk is full"):
        async with embedded_server(make_settings(), print, binary):
            pass


async def test_nothing_serves_where_nothing_runs(make_settings):
    settings = make_settings()
    assert not await is_serving(settings)
    assert not await has_worker(settings, "kuayu-cases")
