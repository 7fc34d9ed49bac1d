"""Telling cases what their authorities said: in order, once, past outages and past messages that nobody takes."""

import asyncio
from collections import defaultdict
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

import relay.relay
from domain.identifiers import make_case_number
from domain.inbound import IntakeOutcome
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
from relay.delivery_record import MAX_REFUSALS
from relay.pending_updates import pause, workflows_waiting
from relay.relay import Relay
from relay.update_delivery import Answer, Delivery
from storage.cases.rows import CaseRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.pending_updates import queue_update
from storage.tasks.rows import TaskRow, open_task
from tests.unit.exchange.office import NOW, Office, open_office

FIRST, SECOND, THIRD = (make_case_number("500103", date(2026, 11, 20), serial) for serial in (1, 2, 3))
TAKEN, AWAY = Answer(delivery=Delivery.TAKEN), Answer(delivery=Delivery.AWAY, code="UNAVAILABLE")
TIMEOUT, REFUSED = Answer(delivery=Delivery.AWAY, code="TIMEOUT"), Answer(delivery=Delivery.REFUSED, code="NO")


class Cases:
    """The workflows: take everything but what `answers` says, by message id; hang where there is a gate."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.always: dict[str, Answer] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.told: list[str] = []
        self.opened: list[tuple[str, str]] = []
        self.runs: type[SimpleNamespace] | None = SimpleNamespace
        self.closed = False

    async def tell(self, _client, workflow_id, name, argument, update_id) -> Answer:
        update_id = update_id.removeprefix("sichuan/")
        if update_id in self.gates:
            await self.gates[update_id].wait()
        self.told.append(update_id)
        if update_id in self.always:
            return self.always[update_id]
        return self.answers[update_id].pop(0) if self.answers[update_id] else TAKEN

    async def run_of(self, _client, _database, case_no):
        return self.runs(case_no=case_no) if self.runs is not None else None

    async def has_closed(self, _client, _workflow_id) -> bool:
        return self.closed

    async def deliver_or_start(self, _client, run, _name, _argument, update_id) -> Answer:
        self.opened.append((run.case_no, update_id.removeprefix("sichuan/")))
        return Answer(delivery=Delivery.TAKEN, opened=True)


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    opened.add_cases([FIRST, SECOND, THIRD])
    with opened.database.write() as session:
        for case in session.scalars(select(relay.relay.CaseRow)):
            case.started = True
    opened.clock[0] = NOW
    yield opened
    opened.database.close()


@pytest.fixture
def cases(monkeypatch):
    played = Cases()
    monkeypatch.setattr(relay.relay, "deliver_update", played.tell)
    monkeypatch.setattr(relay.relay, "deliver_or_start", played.deliver_or_start)
    monkeypatch.setattr(relay.relay, "run_of", played.run_of)
    monkeypatch.setattr(relay.relay, "has_closed", played.has_closed)
    return played


def relay_of(office: Office, patience_s: float | None = None) -> Relay:
    return Relay(None, office.database, lambda: office.clock[0], patience_s)


def say(office: Office, number: str, *events: str) -> list[str]:
    """The authority's events from 1 on; their ids."""
    ids = [f"evt_{number}_{seq}" for seq, _ in enumerate(events, 1)]
    for seq, event in enumerate(events, 1):
        assert office.hear(event, seq, message_id=ids[seq - 1], handling_no=number).outcome is IntakeOutcome.JUDGED
    return ids


async def told(us: Relay, cases: Cases, ids: list[str]) -> None:
    """The relay goes round until these have been told, as its loop would."""
    async with asyncio.timeout(20):
        while not set(ids) <= set(cases.told):
            await us.deliver()


def states(office: Office) -> list[tuple[str, int, str | None]]:
    with office.database.read() as session:
        found = session.scalars(select(InboxRow).order_by(InboxRow.handling_no, InboxRow.seq))
        return [(row.state, row.refusals, row.error) for row in found]


def tasks(office: Office) -> list[TaskRow]:
    with office.database.read() as session:
        return list(session.scalars(select(TaskRow)))


async def test_in_sequence_and_applied(office, cases):
    ids = say(office, FIRST, "RECEIVED", "ACCEPTED", "REVIEWING")
    assert await relay_of(office).deliver() == 3
    assert cases.told == ids
    assert states(office) == [("APPLIED", 0, None)] * 3
    assert await relay_of(office).deliver() == 0


async def test_an_outage_counts_for_nothing_and_keeps_the_order(office, cases):
    first, second = say(office, FIRST, "RECEIVED", "ACCEPTED")
    cases.answers[first] = [AWAY] * 20
    us = relay_of(office)
    for _ in range(20):
        assert await us.deliver() == 0
    assert states(office) == [("NEW", 0, "UNAVAILABLE"), ("NEW", 0, None)]
    assert await us.deliver() == 2  # at once when the server is back: it was away for all alike
    assert cases.told[-2:] == [first, second]
    assert states(office) == [("APPLIED", 0, None)] * 2


async def test_told_without_having_heard_the_outcome_is_told_again(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.answers[only] = [TIMEOUT]
    us = relay_of(office)
    await us.deliver()
    assert states(office) == [("DELIVERED", 0, "TIMEOUT")]
    assert await us.deliver() == 0  # it hangs: not asked again in the same breath
    office.clock[0] += pause(1)
    await us.deliver()
    assert states(office) == [("APPLIED", 0, None)]
    assert cases.told == [only, only]


async def test_five_refusals_are_enough_and_the_others_flow(office, cases):
    poison, after = say(office, FIRST, "RECEIVED", "ACCEPTED")
    cases.always[poison] = REFUSED
    us = relay_of(office)
    await us.deliver()
    assert cases.told == [poison]  # what comes after it does not overtake it
    for tries in range(1, MAX_REFUSALS):
        await us.deliver()
        assert cases.told == [poison] * tries  # rarer each time
        office.clock[0] += pause(tries)
        await us.deliver()
    assert cases.told == [poison] * MAX_REFUSALS + [after]
    assert states(office) == [("DEAD", 5, "NO"), ("APPLIED", 0, None)]
    (task,) = tasks(office)
    assert (task.kind, task.handling_no) == (TaskKind.UNDELIVERABLE_EVENT, FIRST)
    assert await us.deliver() == 0


async def test_what_no_run_of_a_case_takes_and_none_can_be_started_for_is_an_operators(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.always[only] = Answer(delivery=Delivery.CLOSED, code="NOT_FOUND")
    cases.runs = None
    await relay_of(office).deliver()
    assert states(office) == [("DEAD", 0, "NOT_FOUND")]
    (task,) = tasks(office)
    assert {name: task.data[name] for name in ("sender", "messageId", "event", "seq")} == {
        "sender": "sichuan",
        "messageId": only,
        "event": "RECEIVED",
        "seq": 1,
    }


@pytest.mark.parametrize("told", [Delivery.CLOSED, Delivery.MISSING])
async def test_what_comes_after_the_end_starts_a_further_run_with_it(office, cases, told):
    """Closed, or forgotten by the server: the same."""
    (only,) = say(office, FIRST, "RECEIVED")
    cases.always[only] = Answer(delivery=told, code="NOT_FOUND")
    with office.database.write() as session:
        open_task(session, key="b", kind=TaskKind.CASE_BROKEN, case_no=FIRST, now=NOW)
    assert await relay_of(office).deliver() == 1
    assert cases.opened == [(FIRST, only)]
    assert states(office) == [("APPLIED", 0, None)]
    assert [task.resolved_by for task in tasks(office)] == ["workflow"]  # somebody listens again


async def test_an_update_that_the_end_of_a_run_has_cut_off_is_told_again_at_once(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.answers[only] = [Answer(delivery=Delivery.AGAIN, code="NOT_FOUND")] * 2
    assert await relay_of(office).deliver() == 1
    assert cases.told == [only] * 3


async def test_an_update_that_a_closed_run_aborts_whenever_it_is_told_starts_a_further_run(office, cases):
    """The server remembers that it was aborted, and answers so to its id for as long as nothing else runs."""
    (only,) = say(office, FIRST, "RECEIVED")
    cases.always[only] = Answer(delivery=Delivery.AGAIN, code="NOT_FOUND")
    cases.closed = True
    assert await relay_of(office).deliver() == 1
    assert (cases.told, cases.opened) == ([only], [(FIRST, only)])


async def test_a_case_that_nobody_has_told_is_as_broken_as_before(office, cases):
    (only,) = say(office, FIRST, "RECEIVED")
    cases.answers[only] = [AWAY]
    with office.database.write() as session:
        open_task(session, key="b", kind=TaskKind.CASE_BROKEN, case_no=FIRST, now=NOW)
    await relay_of(office).deliver()
    assert [task.resolved_at for task in tasks(office)] == [None]


@pytest.mark.parametrize("forgotten", [1000])
async def test_what_is_forgotten_is_final_and_starves_nobody(office, cases, forgotten, monkeypatch):
    """Legs of long ago, in the queue before everything else: the live case is told in the first round."""
    monkeypatch.setattr(relay.relay, "BATCH", 50)
    with office.database.write() as session:
        for number in range(forgotten):
            effect = TaskResolved(task_id=f"t{number}", outcome=TaskOutcome.ACKNOWLEDGE)
            queue_update(session, update_id=f"old-{number}", workflow_id=f"leg-x-{number}", name="task_resolved",
                         argument=effect, now=NOW - timedelta(days=40))  # fmt: skip
            cases.always[f"old-{number}"] = Answer(delivery=Delivery.MISSING, code="NOT_FOUND")
    (live,) = say(office, FIRST, "RECEIVED")
    us = relay_of(office)
    await us.deliver()
    assert live in cases.told
    rounds = 1
    while await us.deliver():
        rounds += 1
    assert rounds <= forgotten / 50 + 2
    assert len(cases.told) == forgotten + 1  # each was asked for once


def test_what_came_last_is_told_first_and_what_waits_longest_is_in_the_same_round(office):
    with office.database.write() as session:
        for number in range(10):
            resolved = TaskResolved(task_id=f"t{number}", outcome=TaskOutcome.ACKNOWLEDGE)
            queue_update(session, update_id=f"u{number}", workflow_id=f"leg-{number}", name="task_resolved",
                         argument=resolved, now=NOW + timedelta(seconds=number))  # fmt: skip
    with office.database.read() as session:
        assert workflows_waiting(session, NOW, [], 4) == ["leg-9", "leg-8", "leg-1", "leg-0"]
        assert workflows_waiting(session, NOW, ["leg-9", "leg-0"], 3) == ["leg-8", "leg-2", "leg-1"]
        assert len(workflows_waiting(session, NOW, [], 10)) == 10


async def test_what_the_server_does_not_know_yet_is_asked_for_more_and_more_rarely(office, cases):
    with office.database.write() as session:
        session.get_one(CaseRow, FIRST).started = False
    cases.runs = None
    (only,) = say(office, FIRST, "RECEIVED")
    cases.always[only] = Answer(delivery=Delivery.MISSING, code="NOT_FOUND")
    us = relay_of(office)
    for _ in range(200):
        await us.deliver()
        office.clock[0] += timedelta(seconds=1)
    assert 5 <= len(cases.told) <= 10
    assert states(office) == [("NEW", 0, "NOT_FOUND")]


async def test_a_case_that_hangs_holds_up_no_other(office, cases):
    (stuck,) = say(office, FIRST, "RECEIVED")
    cases.gates[stuck] = asyncio.Event()
    us = relay_of(office, patience_s=0.05)
    assert await us.deliver() == 0
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
    await us.deliver()
    await us.close()
    assert states(office) == [("NEW", 0, None)]
    cases.gates.clear()
    assert await relay_of(office).deliver() == 1


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
WHAT_IS_LOST = {
    "supplement": {"round": 1},
    "hold": {"command": "m"},
    "task_resolved": {"outcome": "resend", "taskKind": "COMMAND_REFUSED"},
}
"""For who must tell somebody: references and facts."""
NOT_LOST = {
    "handed_over": HandedOver(request_id="r", signer_kind=SignerKind.SELF),
    "calendar_changed": CalendarChanged(version="2"),
    "task_resolved": resolved(TaskOutcome.ACKNOWLEDGE),
}


@pytest.mark.parametrize("answer", [REFUSED, Answer(delivery=Delivery.CLOSED, code="NOT_FOUND")])
@pytest.mark.parametrize("name", LOST)
async def test_what_a_case_does_not_take_any_more_is_told_to_the_window(office, cases, name, answer):
    with office.database.write() as session:
        session.get_one(CaseRow, FIRST).withdrawal_pending = name == "withdraw"
        open_task(session, key="old", kind=TaskKind.COMMAND_REFUSED, case_no=FIRST, now=NOW)
    queue(office, name, LOST[name])
    cases.always["u1"] = answer
    cases.runs = None
    us = relay_of(office)
    assert await us.deliver() == 1
    assert await us.deliver() == 0
    (task,) = [task for task in tasks(office) if task.key != "old"]
    assert (task.kind, task.case_no, task.owner) == (TaskKind.NOT_TAKEN, FIRST, Role.CLERK)
    assert task.data == {"step": name, "code": answer.code, **WHAT_IS_LOST.get(name, {})}
    with office.database.read() as session:
        assert not session.get_one(CaseRow, FIRST).withdrawal_pending


@pytest.mark.parametrize("name", NOT_LOST)
async def test_nobody_is_bothered_where_nothing_is_lost(office, cases, name):
    with office.database.write() as session:
        open_task(session, key="old", kind=TaskKind.COMMAND_REFUSED, case_no=FIRST, now=NOW)
    queue(office, name, NOT_LOST[name])
    cases.always["u1"] = REFUSED
    await relay_of(office).deliver()
    assert [task.key for task in tasks(office)] == ["old"]


async def test_a_persons_word_that_hangs_is_told_again_in_its_time_and_not_overtaken(office, cases):
    queue(office, "supplement", LOST["supplement"])
    queue(office, "withdraw", LOST["withdraw"], "u2")
    cases.answers["u1"] = [TIMEOUT]
    us = relay_of(office)
    assert await us.deliver() == 0
    office.clock[0] += pause(1) - timedelta(milliseconds=1)
    assert await us.deliver() == 0
    assert cases.told == ["u1"]
    office.clock[0] += timedelta(milliseconds=1)
    assert await us.deliver() == 2
    assert cases.told == ["u1", "u1", "u2"]


async def test_a_person_never_overtakes_the_authority_that_was_answered(office, cases):
    """The case would refuse papers for a round that it has not heard of."""
    (asked,) = say(office, FIRST, "RECEIVED")
    queue(office, "supplement", LOST["supplement"])
    cases.answers[asked] = [AWAY]
    us = relay_of(office)
    assert await us.deliver() == 0
    assert cases.told == [asked]
    assert await us.deliver() == 2
    assert cases.told == [asked, asked, "u1"]


async def test_what_an_authority_says_later_holds_up_no_person(office, cases):
    queue(office, "withdraw", LOST["withdraw"], at=NOW - timedelta(seconds=1))
    (said,) = say(office, FIRST, "RECEIVED")
    cases.always[said] = AWAY
    assert await relay_of(office).deliver() == 1
    assert cases.told == ["u1", said]
