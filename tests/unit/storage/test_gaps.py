"""What waits too long for its case: given up after 72 h, told to an operator, its id free again."""

from datetime import timedelta

import pytest

from domain.inbound import IntakeOutcome
from domain.tasks import TaskKind
from domain.terms import Partner
from domain.terms import WireEvent as E
from storage.exchange.gaps import give_up_parked, handlings_with_gaps
from storage.exchange.inbox_row import InboxState
from storage.tasks.rows import open_task
from tests.unit.storage.casework import CASE, NOW, TO_COME, later, message, register, rows, take, task_kinds

THREE_DAYS = timedelta(hours=72)


def give_up(database, now) -> int:
    return give_up_parked(database, now)


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
    assert (again.outcome, again.parked) == (IntakeOutcome.TO_COME, True)
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


def test_a_message_that_cannot_be_given_up_holds_up_no_other(database, inbox, monkeypatch):
    for number in (1, 2, 3):
        take(database, inbox, message(handling_no=TO_COME, message_id=f"m-{number}"))

    def open_but_one(session, *, key, **rest):
        if key.endswith("m-1"):
            raise ValueError(key)
        return open_task(session, key=key, **rest)

    monkeypatch.setattr("storage.exchange.gaps.open_task", open_but_one)
    with pytest.raises(ExceptionGroup) as failed:
        give_up(database, NOW + THREE_DAYS)
    assert [one.subject.key.endswith("m-1") for one in failed.value.exceptions] == [True]
    assert sorted(row.state for row in rows(database)) == [InboxState.DEAD, InboxState.DEAD, InboxState.PARKED]
