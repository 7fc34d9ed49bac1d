"""The queue of what is to be told: who has a turn, what is told then, and how long the next try waits."""

from datetime import timedelta

import pytest

from domain.messages import CalendarChanged
from domain.naming import CaseUpdate, case_workflow_id
from relay.delivery_record import note_all
from relay.pending_updates import deliver_now, pause, pending_updates_of, workflows_waiting
from relay.update_delivery import Answer, Delivery
from storage.pending_updates import queue_update
from tests.unit.exchange.office import HANDLING, NOW, Office, open_office

CASE = case_workflow_id(HANDLING)


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


def queue(office: Office, workflow_id: str, minute: int = 0) -> None:
    with office.database.write() as session:
        queue_update(
            session,
            update_id=f"new-calendar-{workflow_id}",
            workflow_id=workflow_id,
            name=CaseUpdate.CALENDAR_CHANGED,
            argument=CalendarChanged(version="2"),
            now=NOW + timedelta(minutes=minute),
        )


def waiting(office: Office, limit: int = 100, busy: tuple[str, ...] = ()) -> list[str]:
    with office.database.read() as session:
        return workflows_waiting(session, NOW, busy, limit)


@pytest.mark.parametrize(
    ("tries", "missing", "seconds"),
    [
        *((0, False, 0.5), (1, False, 1), (3, False, 4), (4, False, 8), (5, False, 8), (10**6, False, 8)),
        *((1, True, 1), (10, True, 512), (11, True, 600), (10**6, True, 600)),
    ],
)
def test_each_try_waits_twice_as_long_up_to_a_limit(tries, missing, seconds):
    assert pause(tries, missing=missing) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("limit", "turns"), [(7, "543210"), (6, "543210"), (5, "54210"), (4, "5410"), (2, "50")])
def test_a_round_with_too_little_room_takes_the_oldest_and_the_newest(office, limit, turns):
    for number in (3, 0, 5, 1, 4, 2):
        queue(office, f"leg-{number}", minute=number)
    assert waiting(office, limit) == [f"leg-{number}" for number in turns]


def test_a_workflow_is_as_new_as_the_newest_that_waits_for_it(office):
    office.hear("RECEIVED", 1)
    queue(office, CASE, minute=9)
    queue(office, "leg-1", minute=5)
    assert waiting(office) == [CASE, "leg-1"]


def test_who_is_being_told_has_no_second_turn(office):
    queue(office, "leg-1")
    queue(office, "leg-2")
    assert waiting(office, busy=("leg-1",)) == ["leg-2"]


def test_what_is_told_is_what_was_committed(office):
    office.hear("RECEIVED", 1, message_id="m1")
    queue(office, CASE)
    with office.database.read() as session:
        said, other = pending_updates_of(session, CASE)
    assert (said.message, said.name, said.update_id) == (True, CaseUpdate.AUTHORITY_EVENT, "sichuan/m1")
    assert (said.argument["event"], said.argument["handling_no"]) == ("RECEIVED", HANDLING)
    assert (other.message, other.name, other.update_id) == (
        False,
        CaseUpdate.CALENDAR_CHANGED,
        f"new-calendar-{CASE}",
    )
    assert other.argument == {"version": "2"}


@pytest.mark.parametrize("whose", ["authority", "ours"])
def test_for_a_workflow_that_has_come_nothing_is_put_off_any_longer(office, whose):
    if whose == "authority":
        office.hear("RECEIVED", 1)
    else:
        queue(office, CASE)
    queue(office, "leg-1")
    for workflow_id in (CASE, "leg-1"):
        with office.database.write() as session:
            for one in pending_updates_of(session, workflow_id):
                note_all(session, [(one, Answer(delivery=Delivery.MISSING, code="NOT_FOUND"))], NOW)
    assert waiting(office) == []
    with office.database.write() as session:
        deliver_now(session, [HANDLING])
    assert waiting(office) == [CASE]
