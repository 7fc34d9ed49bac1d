"""Heartbeats go on while an activity waits, and stop with it."""

import asyncio
import time

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities import heartbeat


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.01)
    return []


def environment(heard) -> ActivityEnvironment:
    made = ActivityEnvironment()
    made.on_heartbeat = lambda *_: heard.append(1)
    return made


def until(heard, count: int) -> None:
    deadline = time.monotonic() + 5
    while len(heard) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_beside_a_thread_that_waits(heard):
    def slow() -> str:
        with heartbeat.heartbeat():
            until(heard, 3)
        return "done"

    assert environment(heard).run(slow) == "done"
    before = len(heard)
    time.sleep(0.05)
    assert len(heard) == before


def test_also_when_the_call_fails(heard):
    def broken() -> None:
        with heartbeat.heartbeat():
            until(heard, 1)
            raise ValueError

    with pytest.raises(ValueError):
        environment(heard).run(broken)
    before = len(heard)
    time.sleep(0.05)
    assert len(heard) == before


async def test_an_async_activity_keeps_its_name_and_arguments(heard):
    enough = asyncio.Event()

    class Rounds:
        @activity.defn(name="round_x")
        @heartbeat.heartbeating
        async def work(self, times: int) -> int:
            await asyncio.wait_for(enough.wait(), 5)
            return times

    def hear(*_) -> None:
        heard.append(1)
        if len(heard) == 3:
            enough.set()

    rounds, around = Rounds(), environment(heard)
    around.on_heartbeat = hear
    assert await around.run(rounds.work, 3) == 3
    definition = activity._Definition.must_from_callable(rounds.work)
    assert (definition.name, definition.arg_types, definition.is_async) == ("round_x", [int], True)


def test_nothing_outside_of_an_activity(heard):
    with heartbeat.heartbeat():
        time.sleep(0.03)
    assert heard == []
