"""Telling cases what their authorities said: in order, once, past outages and past messages that nobody takes."""

import asyncio
from collections import defaultdict
from datetime import date, timedelta

import pytest
from sqlalchemy import select

import relay.relay
from domain.identifiers import make_case_number
from domain.inbound import Taking
from domain.messages import (
    CalendarChanged,
    HandedOver,
    HoldNotice,
    HoldReason,
    SupplementGiven,
    TaskOutcome,
    TaskResolved,
    WithdrawalAsked,
)
from domain.naming import case_workflow_id
from domain.tasks import TaskKind, task_id
from domain.terms import Role, SignerKind
from relay.relay import MAX_REFUSALS, Relay
from relay.telling import Answer, Told
from storage.cases import CaseRow
from storage.inbox_row import InboxRow, InboxState
from storage.tasks import TaskRow, open_task
from storage.updates import queue_update
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


def queue(office: Office, name: str, argument, update_id: str = "u1", at=NOW) -> None:
    with office.database.write() as session:
        queue_update(
            session,
            update_id=update_id,
            workflow_id=case_workflow_id(FIRST),
            name=name,
            argument=argument,
            now=at,
        )


def resolved(outcome: TaskOutcome) -> TaskResolved:
    return TaskResolved(task_id=task_id("old"), outcome=outcome)


LOST = {
    "supplement": SupplementGiven(handling_no=FIRST, round=1),
    "withdraw": WithdrawalAsked(request_id="r"),
    "hold": HoldNotice(handling_no=FIRST, message_id="m", reason_code=HoldReason.COMMAND_REFUSED),
    "task_resolved": resolved(TaskOutcome.RESEND),
}
NOT_LOST = {
    "handed_over": HandedOver(request_id="r", signer_kind=SignerKind.SELF),
    "calendar_changed": CalendarChanged(version="2"),
    "task_resolved": resolved(TaskOutcome.ACKNOWLEDGE),
}


@pytest.mark.parametrize("answer", [REFUSED, Answer(told=Told.CLOSED, code="NOT_FOUND")])
@pytest.mark.parametrize("name", LOST)
async def test_what_a_case_does_not_take_any_more_is_told_to_the_window(office, cases, name, answer):
    with office.database.write() as session:
        session.get_one(CaseRow, FIRST).withdrawal_pending = name == "withdraw"
        open_task(session, key="old", kind=TaskKind.COMMAND_REFUSED, case_no=FIRST, now=NOW)
    queue(office, name, LOST[name])
    cases.always["u1"] = answer
    us = relay_of(office)
    assert await us.deliver_updates() == 1
    assert await us.deliver_updates() == 0
    (task,) = [task for task in tasks(office) if task.key != "old"]
    assert (task.kind, task.case_no, task.owner) == (TaskKind.NOT_TAKEN, FIRST, Role.CLERK)
    assert task.data == {"step": name, "code": answer.code}
    with office.database.read() as session:
        assert not session.get_one(CaseRow, FIRST).withdrawal_pending


@pytest.mark.parametrize("name", NOT_LOST)
async def test_nobody_is_bothered_where_nothing_is_lost(office, cases, name):
    with office.database.write() as session:
        open_task(session, key="old", kind=TaskKind.COMMAND_REFUSED, case_no=FIRST, now=NOW)
    queue(office, name, NOT_LOST[name])
    cases.always["u1"] = REFUSED
    await relay_of(office).deliver_updates()
    assert [task.key for task in tasks(office)] == ["old"]


async def test_a_person_never_overtakes_the_authority_that_was_answered(office, cases):
    """The case would refuse papers for a round that it has not heard of."""
    (asked,) = say(office, FIRST, "RECEIVED")
    queue(office, "supplement", LOST["supplement"])
    cases.answers[asked] = [AWAY]
    us = relay_of(office)
    await us.deliver_inbox()
    assert await us.deliver_updates() == 0
    await us.deliver_inbox()
    assert await us.deliver_updates() == 1
    assert cases.told == [asked, asked, "u1"]


async def test_what_an_authority_says_later_holds_up_no_person(office, cases):
    queue(office, "withdraw", LOST["withdraw"], at=NOW - timedelta(seconds=1))
    say(office, FIRST, "RECEIVED")
    assert await relay_of(office).deliver_updates() == 1
