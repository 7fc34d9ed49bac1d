"""Telling cases what their authorities said: in order, once, past outages and past messages that nobody takes."""

import asyncio
from collections import defaultdict
from datetime import date

import pytest
from sqlalchemy import select

import relay.relay
from domain.identifiers import make_case_number
from domain.inbound import Taking
from domain.tasks import TaskKind
from relay.relay import MAX_REFUSALS, Relay
from relay.telling import Answer, Told
from storage.inbox import InboxRow, InboxState
from storage.tasks import TaskRow
from tests.unit.relay.office import NOW, Office, open_office

FIRST, SECOND, THIRD = (make_case_number("500103", date(2026, 11, 20), serial) for serial in (1, 2, 3))
TAKEN, AWAY = Answer(told=Told.TAKEN), Answer(told=Told.AWAY, code="UNAVAILABLE")
TIMEOUT, REFUSED = Answer(told=Told.AWAY, code="TIMEOUT"), Answer(told=Told.REFUSED, code="NO")


class Cases:
    """The workflows: take everything but what `answers` says, by message id; hang where there is a gate."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.always: dict[str, Answer] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.told: list[str] = []

    async def tell(self, _client, workflow_id, name, argument, update_id) -> Answer:
        update_id = update_id.removeprefix("sichuan/")
        if update_id in self.gates:
            await self.gates[update_id].wait()
        self.told.append(update_id)
        if update_id in self.always:
            return self.always[update_id]
        return self.answers[update_id].pop(0) if self.answers[update_id] else TAKEN


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    opened.add_cases([FIRST, SECOND, THIRD])
    with opened.database.write() as session:
        for case in session.scalars(select(relay.relay.CaseRow)):
            case.started = True
    yield opened
    opened.database.close()


@pytest.fixture
def cases(monkeypatch):
    played = Cases()
    monkeypatch.setattr(relay.relay, "tell", played.tell)
    return played


def relay_of(office: Office, patience_s: float | None = None) -> Relay:
    return Relay(None, office.database, lambda: NOW, patience_s)


def say(office: Office, number: str, *events: str) -> list[str]:
    """The authority's events from 1 on; their ids."""
    ids = [f"evt_{number}_{seq}" for seq, _ in enumerate(events, 1)]
    for seq, event in enumerate(events, 1):
        assert office.hear(event, seq, message_id=ids[seq - 1], handling_no=number).taking is Taking.JUDGED
    return ids


async def told(us: Relay, cases: Cases, ids: list[str]) -> None:
    """The relay goes round until these have been told, as its loop would."""
    async with asyncio.timeout(20):
        while not set(ids) <= set(cases.told):
            await us.deliver_inbox()


def states(office: Office) -> list[tuple[str, int, str | None]]:
    with office.database.read() as session:
        found = session.scalars(select(InboxRow).order_by(InboxRow.handling_no, InboxRow.seq))
        return [(row.state, row.attempts, row.error) for row in found]


def tasks(office: Office) -> list[TaskRow]:
    with office.database.read() as session:
        return list(session.scalars(select(TaskRow)))


async def test_in_sequence_and_applied(office, cases):
    ids = say(office, FIRST, "RECEIVED", "ACCEPTED", "REVIEWING")
    assert await relay_of(office).deliver_inbox() == 3
    assert cases.told == ids
    assert states(office) == [("APPLIED", 1, None)] * 3
    assert await relay_of(office).deliver_inbox() == 0


async def test_an_outage_counts_for_nothing_and_keeps_the_order(office, cases):
    first, second = say(office, FIRST, "RECEIVED", "ACCEPTED")
    cases.answers[first] = [AWAY] * 20
    us = relay_of(office)
    for _ in range(20):
        assert await us.deliver_inbox() == 0
    assert states(office) == [("NEW", 0, "UNAVAILABLE"), ("NEW", 0, None)]
    assert await us.deliver_inbox() == 2
    assert cases.told[-2:] == [first, second]
    assert states(office) == [("APPLIED", 1, None)] * 2


async def test_told_without_having_heard_the_outcome_is_told_again(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.answers[only] = [TIMEOUT]
    us = relay_of(office)
    await us.deliver_inbox()
    assert states(office) == [("DELIVERED", 0, "TIMEOUT")]
    await us.deliver_inbox()
    assert states(office) == [("APPLIED", 1, None)]
    assert cases.told == [only, only]


async def test_five_refusals_are_enough_and_the_others_flow(office, cases):
    poison, after = say(office, FIRST, "RECEIVED", "ACCEPTED")
    cases.always[poison] = REFUSED
    us = relay_of(office)
    await us.deliver_inbox()
    assert cases.told == [poison]  # what comes after it does not overtake it
    for _ in range(MAX_REFUSALS):
        await us.deliver_inbox()
    assert cases.told == [poison] * MAX_REFUSALS + [after]
    assert states(office) == [("DEAD", 5, "NO"), ("APPLIED", 1, None)]
    (task,) = tasks(office)
    assert (task.kind, task.handling_no) == (TaskKind.UNDELIVERABLE_EVENT, FIRST)
    assert await us.deliver_inbox() == 0


async def test_a_case_that_has_ended_takes_nothing_and_somebody_hears_of_it(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.always[only] = Answer(told=Told.CLOSED, code="NOT_FOUND")
    await relay_of(office).deliver_inbox()
    assert states(office) == [("DEAD", 1, "NOT_FOUND")]
    assert len(tasks(office)) == 1


async def test_a_case_that_hangs_holds_up_no_other(office, cases):
    (stuck,) = say(office, FIRST, "RECEIVED")
    cases.gates[stuck] = asyncio.Event()
    us = relay_of(office, patience_s=0.05)
    assert await us.deliver_inbox() == 0
    for number in (SECOND, THIRD):
        await told(us, cases, say(office, number, "RECEIVED", "ACCEPTED"))
    assert stuck not in cases.told
    cases.gates[stuck].set()
    while us._busy:
        await asyncio.gather(*us._busy.values())
    assert cases.told.count(stuck) == 1  # it was not told a second time while it hung
    assert {state for state, *_ in states(office)} == {InboxState.APPLIED}


async def test_more_than_a_batch_that_hangs_does_not_starve_the_rest(office, cases, monkeypatch):
    monkeypatch.setattr(relay.relay, "BATCH", 2)
    us = relay_of(office, patience_s=0.05)
    first, second, third = (say(office, number, "RECEIVED")[0] for number in (FIRST, SECOND, THIRD))
    cases.gates = {first: asyncio.Event(), second: asyncio.Event()}
    await told(us, cases, [third])
    assert cases.told == [third]
    await us.close()


async def test_what_was_being_told_at_the_end_is_told_by_the_next(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.gates[only] = asyncio.Event()
    us = relay_of(office, patience_s=0.05)
    await us.deliver_inbox()
    await us.close()
    assert states(office) == [("NEW", 0, None)]
    cases.gates.clear()
    assert await relay_of(office).deliver_inbox() == 1
