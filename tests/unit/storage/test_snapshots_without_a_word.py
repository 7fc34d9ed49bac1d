"""A gap whose authority says only RESULT_SENT: what was decided is not guessed (contracts.md "Common rules")."""

from domain.tasks import TaskKind
from domain.terms import WireEvent as E
from domain.wire import Verdict
from storage.cases.rows import HandlingRow
from storage.exchange.inbox_row import InboxState
from tests.unit.storage.casework import CASE, later, message, register, rows, take, task_kinds


def queried(database, inbox, said):
    with database.write() as session:
        return inbox.take_snapshot(session, said, raw=said.content, now=later(minutes=11))


def progress(database):
    with database.read() as session:
        return session.get_one(HandlingRow, CASE).progress


def test_the_decision_is_taken_from_what_is_parked(database, inbox):
    register(database)
    take(database, inbox, message(E.RECEIVED, 1))
    take(database, inbox, message(E.APPROVED, 4))
    taken = queried(database, inbox, message(E.RESULT_SENT, 5, message_id="query-5"))
    assert taken.verdict is Verdict.APPLIED
    assert (progress(database).decision, progress(database).last_seq) == (E.APPROVED, 5)
    told = sorted((row.order, row.event_name) for row in rows(database) if row.order is not None)
    assert [name for _, name in told] == ["RECEIVED", "APPROVED", "RESULT_SENT"]
    assert take(database, inbox, message(E.ACCEPTED, 2)).verdict is Verdict.LATE


def test_without_a_decision_the_gap_stays_open_and_an_operator_hears_of_it(database, inbox):
    register(database)
    take(database, inbox, message(E.RECEIVED, 1))
    take(database, inbox, message(E.RESULT_SENT, 3, message_id="evt-sent-3"))
    taken = queried(database, inbox, message(E.RESULT_SENT, 3, message_id="query-3"))
    assert (taken.verdict, taken.parked) == (Verdict.EARLY, True)
    assert (progress(database).decision, progress(database).last_seq) == (None, 1)
    assert task_kinds(database) == [TaskKind.REFUSED_EVENT]
    take(database, inbox, message(E.NOT_ACCEPTED, 2))
    assert (progress(database).decision, progress(database).last_seq) == (E.NOT_ACCEPTED, 3)
    assert all(row.state != InboxState.PARKED for row in rows(database))
