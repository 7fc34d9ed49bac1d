"""What waits too long for its case: given up after 72 h, told to an operator, its id free again."""

from datetime import timedelta

from domain.inbound import Taking
from domain.tasks import TaskKind
from domain.terms import Partner
from domain.terms import WireEvent as E
from storage.gaps import give_up_parked, handlings_with_gaps
from storage.inbox_row import InboxState
from tests.unit.storage.casework import CASE, NOW, TO_COME, later, message, register, rows, take, task_kinds

THREE_DAYS = timedelta(hours=72)


def give_up(database, now) -> int:
    with database.write() as session:
        return give_up_parked(session, now)


def due(database, partner, now) -> list[str]:
    with database.read() as session:
        return [row.handling_no for row in handlings_with_gaps(session, partner, now)]


def test_the_wait_for_a_case_ends_after_72_hours(database, inbox):
    take(database, inbox, message(handling_no=TO_COME))
    assert give_up(database, NOW + THREE_DAYS - timedelta(seconds=1)) == 0
    assert give_up(database, NOW + THREE_DAYS) == 1
    (row,) = rows(database)
    assert (row.state, row.error) == (InboxState.DEAD, "CASE_NEVER_CAME")
    assert task_kinds(database) == [TaskKind.UNDELIVERABLE_EVENT]
    assert give_up(database, NOW + 2 * THREE_DAYS) == 0


def test_what_was_given_up_may_be_said_anew(database, inbox):
    take(database, inbox, message(handling_no=TO_COME))
    give_up(database, NOW + THREE_DAYS)
    again = take(database, inbox, message(handling_no=TO_COME, content=b"other"), now=later(hours=73))
    assert (again.taking, again.parked) == (Taking.TO_COME, True)
    register(database, TO_COME)
    with database.write() as session:
        inbox.adopt(session, TO_COME, later(hours=74))
    assert [row.state for row in rows(database)] == [InboxState.NEW]


def test_gaps_wait_for_their_own_patience_and_are_not_given_up(database, inbox):
    register(database)
    take(database, inbox, message(E.REVIEWING, 3))
    assert due(database, Partner.SICHUAN, later(minutes=9, seconds=59)) == []
    assert due(database, Partner.SICHUAN, later(minutes=10)) == [CASE]
    assert due(database, Partner.INTERPROVINCIAL, later(minutes=10)) == []
    assert give_up(database, NOW + THREE_DAYS) == 0
