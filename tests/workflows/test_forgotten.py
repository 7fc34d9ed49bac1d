"""What the server has forgotten, before what it knows in both queues: a live case and a live leg are told all the same.

On the real server, with the relay as the web process runs it.
"""

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from domain.messages import AuthorityEvent, LegEffect, TaskOutcome, TaskResolved
from domain.naming import CaseUpdate, LegUpdate, delivery_workflow_id
from domain.terms import CaseStatus, Leg, ParcelStage, Partner, WireEvent
from domain.wire import Verdict
from relay.loop import RelayLoop
from relay.pending_updates import UNDELIVERED
from relay.relay import Relay
from storage.cases.rows import CaseRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.pending_updates import UpdateRow, queue_update
from tests.unit.storage.casework import NOW, give_case
from tests.workflows.hall import CaseDesk, new_case
from tests.workflows.rows import House
from tests.workflows.test_after_the_end import closed_online

pytestmark = pytest.mark.temporal
FORGOTTEN = 1000
PATIENCE_S, EVERY_S = 1.0, 0.5  # as web.app has them
LONG_AGO = NOW - timedelta(days=40)


@pytest.mark.parametrize("known", [True, False], ids=["cases of ours", "of nobody"])
@pytest.mark.parametrize(
    "within_s",
    [pytest.param(None, id="before most"), pytest.param(2.0, id="in two seconds", marks=pytest.mark.soak)],
)
async def test_a_live_case_and_a_live_leg_are_told(house, known, within_s, capsys):
    """A closed case of ours opens again for its message; what nobody knows any more is a person's, or nobody's.

    Beside other tests only the order counts: what the machine does meanwhile would be measured with the seconds.
    """
    live = await live_case_with_a_leg(house)
    leg_id = f"{live.handling(0)}-{Leg.PICKUP}-1"
    closed = await closed_online(house) if known else None
    messages_for_forgotten_cases(house, closed)
    updates_for_forgotten_legs(house)
    relay = Relay(house.client, house.database, lambda: datetime.now(UTC), PATIENCE_S)
    loop = RelayLoop([relay.start_cases, relay.deliver], EVERY_S)
    going = asyncio.create_task(loop.run())
    try:
        await until(lambda: untold(house) < 2 * FORGOTTEN)
        message_id, update_id = f"{live.case_no}-live", f"{leg_id}-live"
        said_at = time.monotonic()
        with house.database.write() as session:
            session.add(message(live.case_no, message_id, datetime.now(UTC)))
            effect = LegEffect(leg_id=leg_id, epoch=1, stage=ParcelStage.PICKED_UP, occurred_at=datetime.now(UTC))
            queue_update(session, update_id=update_id, workflow_id=delivery_workflow_id(leg_id),
                         name=LegUpdate.SCAN_EFFECT, argument=effect, now=datetime.now(UTC))  # fmt: skip
        loop.notify()
        await until(lambda: case_is_told(house, message_id) and leg_is_told(house, update_id))
        took_s = time.monotonic() - said_at
        left = untold(house)
        await until(lambda: all(outcomes(house)))
    finally:
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await relay.close()
    with capsys.disabled():
        print(f"\ntold within {took_s:.2f} s, while {left} of {2 * FORGOTTEN} were still to be told")
    assert left > 1.8 * FORGOTTEN  # a few rounds, whatever stands before it
    assert within_s is None or took_s < within_s
    assert outcomes(house) == ({InboxState.APPLIED if known else InboxState.DEAD}, {"FORGOTTEN"})


# --- parts ---


async def live_case_with_a_leg(house: House) -> CaseDesk:
    case = house.registers()
    with house.database.write() as session:
        row = session.get_one(CaseRow, case.case_no)
        row.start = row.start | {"pickup": True}
    await house.relay().start_cases()
    await case.until_leg(Leg.PICKUP)
    return case


def messages_for_forgotten_cases(house: House, closed: CaseDesk | None) -> None:
    """A parcel for each: of cases that were closed as `closed` was, or that we do not have either."""
    with house.database.write() as session:
        before = session.get_one(CaseRow, closed.case_no) if closed is not None else None
        for number in range(FORGOTTEN):
            start = new_case(house.hall, Partner.SICHUAN)
            if before is not None:
                give_case(session, start.case_no)
                row = session.get_one(CaseRow, start.case_no)
                row.start, row.started = start.model_dump(mode="json"), True
                row.status, row.closed_at = CaseStatus.APPROVED, before.closed_at
                row.carried = json.loads(json.dumps(before.carried).replace(before.case_no, start.case_no))
            session.add(message(start.case_no, f"old-{number}", LONG_AGO, WireEvent.RESULT_SENT, f"EB{number}"))


def updates_for_forgotten_legs(house: House) -> None:
    resolved = TaskResolved(task_id="t", outcome=TaskOutcome.ACKNOWLEDGE)
    with house.database.write() as session:
        for number in range(FORGOTTEN):
            queue_update(session, update_id=f"old-{number}", workflow_id=delivery_workflow_id(f"forgotten-{number}"),
                         name=LegUpdate.TASK_RESOLVED, argument=resolved, now=LONG_AGO)  # fmt: skip


def message(
    case_no: str, message_id: str, at: datetime, event: WireEvent = WireEvent.RECEIVED, tracking_no: str | None = None
) -> InboxRow:
    """As the inbox leaves it to the relay; what it keeps sealed is not asked for here."""
    said = AuthorityEvent(
        handling_no=case_no, message_id=message_id, event=event, occurred_at=at, tracking_no=tracking_no
    )
    return InboxRow(
        sender=Partner.SICHUAN, message_id=message_id, content_sha256="", handling_no=case_no, case_no=case_no,
        event_name=event, seq=1, occurred_at=at, received_at=at, verdict=Verdict.APPLIED, state=InboxState.NEW,
        order=1, update_name=CaseUpdate.AUTHORITY_EVENT, update=said.model_dump(mode="json"), message=b"", raw=b"",
    )  # fmt: skip


async def until(condition: Callable[[], bool]) -> None:
    """Looked at from a thread of its own: the relay needs the others."""
    with ThreadPoolExecutor(1) as eyes:
        await asyncio.get_running_loop().run_in_executor(eyes, seen, condition)


def seen(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, "did not happen in time"
        time.sleep(0.01)


def untold(house: House) -> int:
    with house.database.read() as session:
        messages = session.scalar(select(func.count()).select_from(InboxRow).where(InboxRow.state.in_(UNDELIVERED)))
        updates = session.scalar(select(func.count()).select_from(UpdateRow).filter_by(delivered_at=None))
        return (messages or 0) + (updates or 0)


def outcomes(house: House) -> tuple[set[str], set[str | None]]:
    """Of what was forgotten: states of the messages that were told, refusals of the updates."""
    with house.database.read() as session:
        messages = select(InboxRow.state).where(InboxRow.state.not_in(UNDELIVERED), InboxRow.message_id.like("old-%"))
        updates = select(UpdateRow.refusal).where(
            UpdateRow.delivered_at.is_not(None), UpdateRow.update_id.like("old-%")
        )
        return set(session.scalars(messages)), set(session.scalars(updates))


def case_is_told(house: House, message_id: str) -> bool:
    with house.database.read() as session:
        return session.scalar(select(InboxRow.state).filter_by(message_id=message_id)) == InboxState.APPLIED


def leg_is_told(house: House, update_id: str) -> bool:
    with house.database.read() as session:
        row = session.scalars(select(UpdateRow).filter_by(update_id=update_id)).one()
        return row.delivered_at is not None and row.refusal is None
