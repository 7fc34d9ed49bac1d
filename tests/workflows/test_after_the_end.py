"""What comes at or after the end of a case: nothing that was acknowledged is without effect or a person."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from domain.messages import HandedOver, HoldNotice, LegResult, TaskOutcome, TaskResolved
from domain.naming import CaseUpdate, case_workflow_id, delivery_workflow_id
from domain.tasks import task_id
from domain.terms import CaseStatus, Leg, ParcelStage, Partner
from relay.broken_runs import BrokenRuns
from storage.cases.rows import CaseRow
from storage.exchange.inbox_row import InboxState
from storage.parcels.legs import LegRow
from storage.pending_updates import queue_update
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import NOW
from tests.workflows.hall import SUBMIT, CaseDesk, tell
from tests.workflows.rows import House
from workflows import policies

pytestmark = pytest.mark.temporal
S, P = CaseStatus, ParcelStage


def keeps_books(house: House, case: CaseDesk) -> None:
    """What `record` writes of the case's end into the row."""
    last = case.folder.changes[-1]
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.status, row.closed_at = last.case_status, NOW
        row.carried = last.carried.model_dump(mode="json") if last.carried else None


async def closed_online(house: House, outcome: str = "APPROVED", partner: Partner = Partner.SICHUAN) -> CaseDesk:
    """A case without papers, decided and closed."""
    case = house.registers(partner)
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.start = row.start | {"papers_kept": False}
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says(outcome, **({"result_form": "electronic"} if outcome == "APPROVED" else {}))
    await case.closed()
    keeps_books(house, case)
    return case


def forgotten(house: House, closed: CaseDesk) -> CaseDesk:
    """The same case under another number, which the server has never heard of: as after its retention."""
    case = house.registers()
    with house.database.write() as session:
        row, before = session.get_one(CaseRow, case.case_no), session.get_one(CaseRow, closed.case_no)
        row.status, row.closed_at, row.started = before.status, before.closed_at, True
        row.carried = json.loads(json.dumps(before.carried).replace(closed.case_no, case.case_no))
    return case


def hears(house: House, case: CaseDesk, event: str, seq: int, partner: Partner = Partner.SICHUAN) -> None:
    """What the wire acknowledges after the decision that the case has heard of directly."""
    with house.database.write() as session:
        from domain.wire import WireState
        from storage.cases.rows import HandlingRow

        handling = session.get_one(HandlingRow, case.handling(0))
        handling.wire_state, handling.decision, handling.last_seq = WireState.DECIDED, "APPROVED", seq - 1
    house.takes(case.handling(0), event, seq, partner)


@pytest.mark.parametrize("remembered", [True, False], ids=["remembered", "forgotten by the server"])
async def test_a_parcel_after_closing_is_followed_and_handed_over(house, remembered):
    case = await closed_online(house)
    if not remembered:
        case = forgotten(house, case)
    hears(house, case, "RESULT_SENT", 3)
    await house.relay().deliver()
    assert house.states() == [InboxState.APPLIED]
    reopened = await case.until_kind("REOPENED")
    assert reopened.reopened
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert case.folder.kinds.count("CLOSED") == 1 + remembered
    assert case.folder.said == [SUBMIT] * remembered + ["DELIVERED"]
    assert len({change.key for change in case.folder.changes}) == len(case.folder.changes)


async def test_a_contradiction_after_closing_stops_the_case_and_the_whole_of_theirs_can_be_accepted(house):
    case = await closed_online(house, "NOT_ACCEPTED")
    notice = {"result_form": "electronic", "result_sha256": "ab" * 32, "occurred_at": NOW}
    await tell_hold(house, case, "APPROVED", **notice)
    held = await case.until_kind("CONTRADICTION")
    assert held.on_hold
    await person_says(house, case, TaskOutcome.ACCEPT_THEIRS, held.task.key)
    accepted = await case.until_kind("APPROVED")
    assert accepted.accepts == "evt-theirs"
    assert await case.closed() is S.APPROVED
    assert [order.sha256 for order in case.folder.fetches] == ["ab" * 32]
    assert case.folder.kinds.count("RESULT_AVAILABLE") == 1


async def test_two_things_after_closing_are_both_dealt_with(house):
    case = await closed_online(house)
    gate = case.folder.gates["REOPENED"] = asyncio.Event()
    await tell_hold(house, case, "REJECTED", deliver=False)
    hears(house, case, "RESULT_SENT", 3)
    await house.delivers_all()
    gate.set()  # the run that was opened has heard both before it does anything
    held = await case.until_kind("CONTRADICTION")
    await (await case.until_leg(Leg.BACK)).scan(P.DELIVERED)  # it is on its way, whatever a person is asked
    await person_says(house, case, TaskOutcome.RESUME, held.task.key)
    await (await case.until_leg(Leg.BACK)).scan(P.HALL_CHECKED)
    await case.collects()
    assert await case.closed() is S.APPROVED


async def test_the_same_message_to_two_runs_counts_once(house):
    """It was heard, and the answer was lost with the end of the run."""
    case = await closed_online(house)
    hears(house, case, "RESULT_SENT", 3)
    await house.relay().deliver()
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    await case.closed()
    keeps_books(house, case)
    house.forgets_that_it_told()
    await house.relay().deliver()
    assert house.states() == [InboxState.APPLIED]
    assert (case.folder.kinds.count("REOPENED"), len(case.folder.booked)) == (1, 1)


@pytest.mark.parametrize("said", ["RESULT_SENT", "contradiction"])
async def test_what_comes_while_the_end_is_written_down_opens_the_case_again(house, said):
    gate = asyncio.Event()
    case = house.registers()
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.start = row.start | {"papers_kept": False}
    case.folder.gates["CLOSED"] = gate
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", result_form="electronic")
    await case.hall.until(lambda: "CLOSED" in case.folder.arrived)
    if said == "RESULT_SENT":
        await case.says("RESULT_SENT", tracking_no="EB1")
    else:
        await case.contradicts("REJECTED")
    gate.set()
    await case.until_kind("REOPENED")
    if said == "RESULT_SENT":
        await (await case.until_leg(Leg.BACK)).scan(P.DELIVERED, P.HALL_CHECKED)
        await case.collects()
    else:
        await case.resolve(TaskOutcome.RESUME, "CONTRADICTION")
    assert await case.closed() is S.APPROVED
    assert case.folder.kinds.count("CLOSED") == 2


@pytest.mark.parametrize("delivery", [False, True], ids=["at the hall", "at the door"])
async def test_a_parcel_that_comes_while_the_rest_is_handed_over_is_handed_over_next(house, delivery):
    """It lies in our hall: the applicant does not have it yet, and the case stays open for it."""
    case = house.registers()
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.start = row.start | {"delivery": delivery}
    gate = case.folder.gates["HANDED_OVER"] = asyncio.Event()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    await case.says("NOT_ACCEPTED")
    first = await case.until_leg(Leg.DELIVERY) if delivery else None
    if first is None:
        await case.collects()
        await case.hall.until(lambda: "HANDED_OVER" in case.folder.arrived)
    await case.says("RESULT_SENT", tracking_no="EB1")
    gate.set()  # what came while the hand-over was written is written behind it
    await (await case.until_leg(Leg.BACK)).scan(P.DELIVERED, P.HALL_CHECKED)
    if first is not None:
        async with asyncio.timeout(15):
            while not (await case.handle.query("carried"))["handlings"][case.handling(0)]["brought_back"]:
                pass
        await first.scan(P.PICKED_UP, P.DELIVERED)
        await (await case.until_leg(Leg.DELIVERY, 2)).scan(P.PICKED_UP, P.DELIVERED)
    else:
        await case.until_kind("AWAITING_COLLECTION", 2)
        assert "DELIVERED" not in case.folder.said
        await tell(case.handle, "handed_over", HandedOver(request_id="h"), id=f"{case.case_no}-handed-2")
    assert await case.closed() is S.NOT_ACCEPTED
    assert case.folder.said.count("DELIVERED") == 1


async def test_what_an_authority_says_after_a_person_has_closed_the_case_reaches_a_person(house):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    await case.contradicts("REJECTED")
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "CONTRADICTION")
    await case.until_status(S.FAILED)
    await case.says("REVIEWING")
    await case.until_kind("SAID_AFTER_END")
    await case.says("APPROVED", result_form="electronic")
    await case.hall.until(lambda: case.folder.tasks.count("CONTRADICTION") == 2)


# --- ended as it should not ---


async def until_found(broken: BrokenRuns) -> None:
    async with asyncio.timeout(15):  # the server's index is a little behind
        while not await broken.look():
            pass


@pytest.mark.parametrize("how", ["terminate", "cancel"])
async def test_a_case_that_was_broken_off_is_a_task_and_goes_on_by_a_persons_word(house, how):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.until_kind("ACCEPTED")
    await getattr(case.handle, how)()
    broken = BrokenRuns(house.client, house.database, lambda: datetime.now(UTC))
    await until_found(broken)
    assert await broken.look() == 0
    (task,) = open_tasks(house, case)
    assert (task.kind, task.owner) == ("CASE_BROKEN", "operator")
    await person_says(house, case, TaskOutcome.RESUME, task.key, handling=False)
    await case.says("REVIEWING")
    await case.says("REJECTED")
    await case.collects()
    assert await case.closed() is S.REJECTED
    assert case.folder.said == [SUBMIT]
    assert open_tasks(house, case) == []


async def test_a_case_that_was_broken_off_can_be_closed(house):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    await case.handle.terminate()
    await until_found(BrokenRuns(house.client, house.database, lambda: datetime.now(UTC)))
    (task,) = open_tasks(house, case)
    await person_says(house, case, TaskOutcome.CLOSE_AS_FAILED, task.key, handling=False)
    await case.until_status(S.FAILED)
    await case.collects()
    assert await case.closed() is S.FAILED


@pytest.mark.parametrize("how", ["terminate", "cancel"])
async def test_a_leg_that_was_broken_off_is_a_named_outcome_and_is_taken_up_again(register, how):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP)
    await getattr(pickup.handle, how)()
    asked = await case.until_kind("LEG_BROKEN")
    assert asked.task.kind == "LEG_BROKEN"
    looks = len(case.folder.looks)
    await case.resolve(TaskOutcome.RESUME, "LEG_BROKEN")
    await case.hall.until(lambda: len(case.folder.looks) > looks)
    await pickup.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.until_status(S.SUBMITTED)


async def test_a_leg_that_was_broken_off_can_be_closed(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.handle.terminate()
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "LEG_BROKEN")
    assert await case.closed() is S.FAILED
    assert [end.outcome for end in case.folder.ends] == ["ABANDONED"]


async def test_of_a_leg_that_was_broken_off_after_a_new_run_its_case_is_told_by_the_sweep(house, monkeypatch):
    """The new run holds no handle of the leg; the sweep sees that it is gone."""
    case = house.registers()
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.start = row.start | {"pickup": True}
    await house.relay().start_cases()
    pickup = await case.until_leg(Leg.PICKUP)
    monkeypatch.setattr(policies, "RENEW_AT_EVENTS", 5)
    resolved = TaskResolved(task_id="nothing", outcome=TaskOutcome.ACKNOWLEDGE)
    await tell(case.handle, CaseUpdate.TASK_RESOLVED, resolved, id="wake")
    first = (await case.handle.describe()).run_id
    async with asyncio.timeout(15):
        while (await case.handle.describe()).run_id == first:
            pass
    monkeypatch.setattr(policies, "RENEW_AT_EVENTS", 300)
    with house.database.write() as session:
        session.add(leg_row(case, pickup.leg_id))
    await pickup.handle.terminate()
    broken = BrokenRuns(house.client, house.database, lambda: datetime.now(UTC))
    async with asyncio.timeout(15):
        while "LEG_BROKEN" not in case.folder.kinds:
            await broken.look()
            await house.relay().deliver()
    await case.resolve(TaskOutcome.RESUME, "LEG_BROKEN")
    await case.hall.until(lambda: len(case.folder.looks) >= 2)
    await pickup.scan(P.PICKED_UP, P.DELIVERED, P.HALL_CHECKED)
    await case.until_status(S.SUBMITTED)


async def test_the_end_of_a_leg_between_two_runs_is_looked_up(house):
    case = house.registers()
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.start = row.start | {"pickup": True}
    await house.relay().start_cases()
    pickup = await case.until_leg(Leg.PICKUP)
    await case.handle.terminate()
    await pickup.scan(P.PICKED_UP, P.DELIVERED, P.HALL_CHECKED)
    await case.client.get_workflow_handle(delivery_workflow_id(pickup.leg_id)).result()
    case.folder.results[pickup.leg_id] = LegResult(
        leg_id=pickup.leg_id, leg=Leg.PICKUP, outcome="DELIVERED", tracking_no="T"
    )
    await until_found(BrokenRuns(house.client, house.database, lambda: datetime.now(UTC)))
    (task,) = open_tasks(house, case)
    await person_says(house, case, TaskOutcome.RESUME, task.key, handling=False)
    await case.until_status(S.SUBMITTED)


# --- parts ---


def leg_row(case: CaseDesk, leg_id: str) -> LegRow:
    return LegRow(
        leg_id=leg_id, case_no=case.case_no, handling_no=case.handling(0), leg=Leg.PICKUP, region="500103",
        stage=P.ORDERED, ordered_at=NOW,
    )  # fmt: skip


def open_tasks(house: House, case: CaseDesk) -> list[TaskRow]:
    with house.database.read() as session:
        return list(session.scalars(select(TaskRow).filter_by(case_no=case.case_no, resolved_at=None)))


async def tell_hold(house: House, case: CaseDesk, theirs: str, deliver: bool = True, **other) -> None:
    notice = HoldNotice(
        handling_no=case.handling(0), message_id="evt-theirs", reason_code="CONTRADICTION", theirs=theirs, **other
    )
    queued(house, case, CaseUpdate.HOLD, notice, "hold-1")
    if deliver:
        await house.relay().deliver()


async def person_says(house: House, case: CaseDesk, outcome: TaskOutcome, key: str, handling: bool = True) -> None:
    number = case.handling(0) if handling else None
    resolved = TaskResolved(task_id=task_id(key), outcome=outcome, handling_no=number)
    with house.database.write() as session:
        row = session.get(TaskRow, task_id(key))
        if row is not None:
            row.resolved_at, row.outcome = NOW, outcome
    queued(house, case, CaseUpdate.TASK_RESOLVED, resolved, f"task-{task_id(key)}")
    await house.relay().deliver()


def queued(house: House, case: CaseDesk, name: CaseUpdate, argument, update_id: str) -> None:
    with house.database.write() as session:
        queue_update(session, update_id=update_id, workflow_id=case_workflow_id(case.case_no), name=name,
                     argument=argument, now=NOW)  # fmt: skip
