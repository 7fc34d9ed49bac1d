"""The web process' own loop: one job that fails stops no other, and an outage is no error."""

import asyncio

import pytest
from structlog.testing import capture_logs

from domain.errors import PartnerUnavailable
from relay.loop import RelayLoop


@pytest.mark.parametrize(("failure", "level"), [(ValueError(), "error"), (PartnerUnavailable("忙"), "warning")])
async def test_the_others_go_on_and_each_failure_is_counted(failure, level):
    done = asyncio.Event()
    times = []

    async def broken() -> int:
        raise failure

    async def whole() -> int:
        times.append(1)
        if len(times) == 3:
            done.set()
        return 0

    with capture_logs() as lines:
        running = asyncio.create_task(RelayLoop([broken, whole], every_s=0.001).run())
        async with asyncio.timeout(10):
            await done.wait()
        running.cancel()
    assert [(line["job"], line["log_level"], line["in_a_row"]) for line in lines[:3]] == [
        ("broken", level, number) for number in (1, 2, 3)
    ]


async def test_a_round_that_has_settled_something_is_followed_by_the_next_at_once():
    done, waiting = asyncio.Event(), [32, 32, 5]

    async def deliver() -> int:
        if not waiting:
            done.set()
            return 0
        return waiting.pop()

    running = asyncio.create_task(RelayLoop([deliver], every_s=3600).run())
    async with asyncio.timeout(10):
        await done.wait()
    running.cancel()
