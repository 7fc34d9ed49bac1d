"""The authority's status as queried over a gap, and a person's word for a later decision: what counts then."""

from domain.terms import WireEvent as E
from domain.wire import Verdict, WireState
from storage.cases.rows import HandlingRow
from tests.unit.storage.casework import CASE, NOW, message, progress, register, task_kinds
from tests.unit.storage.casework import take as said


def queried(database, inbox, message):
    with database.write() as session:
        return inbox.take_snapshot(session, message, raw=b"", now=NOW)


def result_of(database):
    with database.read() as session:
        return session.get_one(HandlingRow, CASE).result


def test_under_the_id_of_a_parked_message_its_first_content_stays(database, inbox):
    register(database)
    said(database, inbox, message(E.ACCEPTED, 2, "m"))
    queried(database, inbox, message(E.NOT_ACCEPTED, 2, "m"))
    assert (progress(database).state, progress(database).last_seq) == (WireState.UNDER_REVIEW, 2)


def test_what_is_parked_behind_it_follows(database, inbox):
    register(database)
    said(database, inbox, message(E.APPROVED, 4))
    assert queried(database, inbox, message(E.REVIEWING, 3)).verdict is Verdict.APPLIED
    assert (progress(database).decision, progress(database).last_seq) == (E.APPROVED, 4)


def test_papers_on_their_way_after_a_decision_need_no_other(database, inbox):
    register(database)
    for seq, event in enumerate((E.ACCEPTED, E.APPROVED), 1):
        said(database, inbox, message(event, seq))
    assert queried(database, inbox, message(E.RESULT_SENT, 4)).verdict is Verdict.APPLIED
    assert progress(database).state is WireState.RESULT_SENT
    assert task_kinds(database) == []


def test_a_decision_at_the_very_place_of_the_papers_is_none_before_them(database, inbox):
    register(database)
    said(database, inbox, message(E.APPROVED, 3))
    assert queried(database, inbox, message(E.RESULT_SENT, 3)).verdict is Verdict.EARLY
    assert progress(database).decision is None


def test_a_person_takes_the_later_decision_with_its_result(database, inbox):
    register(database)
    for seq, event in enumerate((E.ACCEPTED, E.REJECTED, E.APPROVED), 1):
        said(database, inbox, message(event, seq, event))
    with database.write() as session:
        inbox.accept(session, CASE, E.APPROVED, NOW)
    assert (progress(database).decision, progress(database).state) == (E.APPROVED, WireState.DECIDED)
    assert result_of(database)["name"] == "许可证"
    with database.write() as session:
        inbox.accept(session, CASE, E.REJECTED, NOW)
    assert (progress(database).decision, result_of(database)) == (E.REJECTED, None)
