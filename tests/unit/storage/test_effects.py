"""A message that was acknowledged and that its case does not show is seen, whatever became of it."""

from datetime import timedelta

import pytest

from domain.reconciliation import DifferenceKind
from domain.terms import Partner, WireEvent
from exchange.reconciliation import Reconciliation
from storage.cases.rows import add_event
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.exchange.without_effect import SETTLED_WITHIN, without_effect
from tests.unit.storage.casework import CASE, NOW, SEALER, message, register, take

LATER = NOW + SETTLED_WITHIN + timedelta(seconds=1)


@pytest.fixture
def inbox(database):
    register(database)
    return Inbox(SEALER)


def hears(database, inbox, *events, state: InboxState = InboxState.APPLIED):
    for seq, event in enumerate(events, 1):
        take(database, inbox, message(event, seq, f"m{seq}"))
    with database.write() as session:
        for row in session.query(InboxRow):
            row.state = state


def shows(database, *kinds):
    with database.write() as session:
        for number, kind in enumerate(kinds):
            add_event(
                session, case_no=CASE, key=f"{number}-{kind}", kind=kind, at=NOW, now=NOW, actor="workflow",
                handling_no=CASE,
            )  # fmt: skip


def lost(database, now=LATER):
    with database.read() as session:
        return [(one.event, one.state) for one in without_effect(session, Partner.SICHUAN, NOW, now)]


def test_what_the_history_shows_has_had_its_effect(database, inbox):
    hears(database, inbox, WireEvent.RECEIVED, WireEvent.ACCEPTED)
    shows(database, "RECEIVED", "ACCEPTED")
    assert lost(database) == []


def test_told_and_not_shown(database, inbox):
    hears(database, inbox, WireEvent.RECEIVED, WireEvent.ACCEPTED)
    shows(database, "RECEIVED")
    assert lost(database) == [("ACCEPTED", InboxState.APPLIED)]


@pytest.mark.parametrize("state", [InboxState.NEW, InboxState.DELIVERED, InboxState.DEAD])
def test_not_told_at_all(database, inbox, state):
    hears(database, inbox, WireEvent.RECEIVED, state=state)
    assert lost(database) == [("RECEIVED", state)]
    assert lost(database, NOW + timedelta(seconds=5)) == []  # what has just come is being told


def test_what_came_after_the_end_is_shown_by_the_task_that_asks_a_person(database, inbox):
    hears(database, inbox, WireEvent.RECEIVED, WireEvent.NOT_ACCEPTED)
    shows(database, "RECEIVED", "CONTRADICTION")
    assert lost(database) == []
    take(database, inbox, message(WireEvent.RESULT_SENT, 3, "m3"))
    with database.write() as session:
        session.query(InboxRow).filter_by(message_id="m3").one().state = InboxState.APPLIED
    assert lost(database) == [("RESULT_SENT", InboxState.APPLIED)]


def test_the_books_of_the_day_name_it(database, inbox):
    hears(database, inbox, WireEvent.RECEIVED, state=InboxState.DEAD)

    class Silent:
        def query(self, _handling):
            return message(WireEvent.RECEIVED, 1, "m1")

    books = Reconciliation(database, inbox, {Partner.SICHUAN: Silent()}, lambda: LATER, books={})
    report = books.reconcile(Partner.SICHUAN, NOW.date())
    assert [(d.kind, d.ours, d.theirs) for d in report.differences] == [
        (DifferenceKind.NO_EFFECT, "DEAD", "1 RECEIVED")
    ]
    assert not report.clean
