"""The inbox: what becomes of every message, on both databases, once however often and from how many sides it comes."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from domain.inbound import EventPayload, IntakeOutcome, ResultPaper
from domain.terms import Partner, ResultForm, WireEvent
from domain.wire import Verdict, WireState
from exchange.reconciliation import compare
from storage.cases.rows import HandlingRow
from storage.exchange.exchange_log import SecurityEventRow
from storage.exchange.inbox_row import InboxState
from tests.unit.storage.casework import (
    CASE,
    FOREIGN,
    NOW,
    TO_COME,
    later,
    message,
    progress,
    register,
    rows,
    take,
    task_kinds,
)

E = WireEvent


def security_events(database):
    with database.read() as session:
        return list(session.scalars(select(SecurityEventRow.code)))


@pytest.fixture(autouse=True)
def _a_case(database):
    register(database)
    register(database, FOREIGN, Partner.SOUTHWEST)


def test_a_message_takes_effect_and_waits_for_the_case(database, inbox):
    taken = take(database, inbox, message(E.NEED_SUPPLEMENT))
    assert (taken.outcome, taken.verdict, taken.case_no) == (IntakeOutcome.JUDGED, Verdict.APPLIED, CASE)
    [row] = rows(database)
    assert (row.state, row.order, row.update_name) == (InboxState.NEW, 1, "authority_event")
    assert row.update["deadline_workdays"] == 5
    assert "缺少身份证明" not in str(row.update)  # reasons stay sealed
    assert progress(database).state is WireState.AWAITING_SUPPLEMENT
    assert inbox.message_of(row) == message(E.NEED_SUPPLEMENT)
    assert inbox.raw_of(row) == b"raw NEED_SUPPLEMENT/1"
    assert "缺少身份证明".encode() not in row.message + row.raw


def test_a_duplicate_has_the_first_answer_and_no_second_effect(database, inbox):
    first = take(database, inbox, message())
    again = take(database, inbox, message(), now=later(hours=1))
    assert (again.outcome, again.verdict, again.received_at) == (
        IntakeOutcome.DUPLICATE,
        first.verdict,
        first.received_at,
    )
    assert len(rows(database)) == 1
    assert progress(database).last_seq == 1


def test_the_same_id_with_other_content_is_refused_and_seen(database, inbox):
    take(database, inbox, message())
    other = take(database, inbox, message(content=b"other"))
    assert other.outcome is IntakeOutcome.CONFLICT
    assert security_events(database) == ["MESSAGE_ID_REUSED"]
    [row] = rows(database)
    assert inbox.message_of(row).content == message().content


def test_an_early_message_waits_until_the_gap_is_filled(database, inbox):
    early = take(database, inbox, message(E.REVIEWING, 3))
    second = take(database, inbox, message(E.ACCEPTED, 2))
    assert early.verdict is second.verdict is Verdict.EARLY
    assert early.parked
    assert all(row.update is None and row.state == InboxState.PARKED for row in rows(database))
    assert rows(database)[0].park_until == later(minutes=10)
    assert take(database, inbox, message()).verdict is Verdict.APPLIED
    assert [(row.event_name, row.order) for row in sorted(rows(database), key=lambda r: r.order)] == [
        ("RECEIVED", 1),
        ("ACCEPTED", 2),
        ("REVIEWING", 3),
    ]
    assert progress(database).last_event is E.REVIEWING
    again = take(database, inbox, message(E.REVIEWING, 3))
    assert (again.outcome, again.verdict, again.parked) == (IntakeOutcome.DUPLICATE, Verdict.APPLIED, False)


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(1, 5))), ids=str)
def test_whatever_the_order_the_effects_are_in_sequence(database, inbox, arrival):
    story = [E.RECEIVED, E.ACCEPTED, E.APPROVED, E.RESULT_SENT]
    for seq in arrival:
        take(database, inbox, message(story[seq - 1], seq))
    assert [row.seq for row in sorted(rows(database), key=lambda r: r.order)] == [1, 2, 3, 4]
    assert progress(database).state is WireState.RESULT_SENT


def test_a_parked_one_that_the_table_refuses_uses_up_its_place_and_a_person_sees_it(database, inbox):
    take(database, inbox, message(E.RESUMED, 2))
    take(database, inbox, message(E.RECEIVED, 1))
    refused = rows(database)[0]
    assert (refused.verdict, refused.state, refused.update) == (Verdict.REFUSED, InboxState.APPLIED, None)
    assert progress(database).last_seq == 2
    assert task_kinds(database) == ["REFUSED_EVENT"]


def test_a_late_message_is_recorded_without_effect(database, inbox):
    take(database, inbox, message(E.RECEIVED, 1))
    late = take(database, inbox, message(E.ACCEPTED, 1, "evt-late"))
    assert late.verdict is Verdict.LATE
    assert rows(database)[1].update is None
    assert progress(database).last_event is E.RECEIVED


@pytest.mark.parametrize("uses_place", [False, True], ids=["A, B", "C"])
def test_a_transition_outside_the_table(database, inbox, uses_place):
    refused = take(database, inbox, message(E.APPROVED, 1), refused_uses_place=uses_place)
    assert refused.verdict is Verdict.REFUSED
    assert len(rows(database)) == (1 if uses_place else 0)
    assert progress(database).last_seq == (1 if uses_place else 0)
    assert task_kinds(database) == (["REFUSED_EVENT"] if uses_place else [])
    assert progress(database).state is WireState.SUBMITTED
    if not uses_place:  # it has taken neither id nor place
        assert take(database, inbox, message(E.RECEIVED, 1, "evt-APPROVED-1")).verdict is Verdict.APPLIED


def test_an_unknown_name_is_recorded_and_a_person_sees_it(database, inbox):
    assert take(database, inbox, message("PUBLIC_NOTICE", 1)).verdict is Verdict.UNKNOWN_EVENT
    assert progress(database).last_seq == 1
    assert progress(database).state is WireState.SUBMITTED
    assert task_kinds(database) == ["UNKNOWN_EVENT"]
    assert take(database, inbox, message(E.RECEIVED, 2)).verdict is Verdict.APPLIED


def test_a_contradiction_goes_to_the_case_as_a_hold(database, inbox):
    take(database, inbox, message(E.ACCEPTED, 1))
    take(database, inbox, message(E.APPROVED, 2))
    assert take(database, inbox, message(E.REJECTED, 3)).verdict is Verdict.CONTRADICTION
    row = rows(database)[2]
    assert (row.update_name, row.update["theirs"], row.order) == ("hold", "REJECTED", 3)
    assert (progress(database).decision, progress(database).last_seq) == (E.APPROVED, 3)
    with database.read() as session:
        assert session.get_one(HandlingRow, CASE).result["name"] == "许可证"


def test_ours_to_come_is_parked_and_adopted_in_sequence_once_submitted(database, inbox):
    for event, seq in ((E.ACCEPTED, 2), (E.RECEIVED, 1)):
        taken = take(database, inbox, message(event, seq, handling_no=TO_COME))
        assert (taken.outcome, taken.parked) == (IntakeOutcome.TO_COME, True)
    again = take(database, inbox, message(E.RECEIVED, 1, handling_no=TO_COME))
    assert again.outcome is IntakeOutcome.TO_COME
    assert (
        take(database, inbox, message(E.RECEIVED, 1, handling_no=TO_COME, content=b"x")).outcome
        is IntakeOutcome.CONFLICT
    )
    register(database, TO_COME, state=WireState.UNSENT)
    with database.write() as session:
        inbox.adopt(session, TO_COME, NOW)
    assert {row.state for row in rows(database)} == {InboxState.PARKED}  # our submission is still on its way
    with database.write() as session:
        handling = session.get_one(HandlingRow, TO_COME)
        handling.progress = handling.progress.model_copy(update={"state": WireState.SUBMITTED})
        inbox.adopt(session, TO_COME, NOW)
    assert [(row.seq, row.order, row.state) for row in rows(database)] == [
        (2, 2, InboxState.NEW),
        (1, 1, InboxState.NEW),
    ]
    assert take(database, inbox, message(E.RECEIVED, 1, handling_no=TO_COME)).outcome is IntakeOutcome.DUPLICATE
    assert progress(database, TO_COME).last_event is E.ACCEPTED


def test_parked_by_another_partner_is_never_adopted(database, inbox):
    take(database, inbox, message(handling_no=TO_COME, partner=Partner.INTERPROVINCIAL))
    register(database, TO_COME)
    with database.write() as session:
        inbox.adopt(session, TO_COME, NOW)
    [row] = rows(database)
    assert (row.state, row.error) == (InboxState.DEAD, "FOREIGN_HANDLING")
    assert progress(database, TO_COME).last_seq == 0


@pytest.mark.parametrize("number", ["500103202611230000010", "x", "5001032026112300000１3"])
def test_what_cannot_be_ours_is_unknown(database, inbox, number):
    assert take(database, inbox, message(handling_no=number)).outcome is IntakeOutcome.UNKNOWN_HANDLING
    assert rows(database) == []


def test_another_partners_handling_is_unknown_and_seen(database, inbox):
    assert take(database, inbox, message(handling_no=FOREIGN)).outcome is IntakeOutcome.UNKNOWN_HANDLING
    assert rows(database) == []
    assert security_events(database) == ["FOREIGN_HANDLING"]
    assert progress(database, FOREIGN).last_seq == 0


def test_where_time_is_the_order_an_older_row_is_stale(database, inbox):
    def row_at(event, second, **other):
        said = message(event, None, f"row-{event}", handling_no=FOREIGN, partner=Partner.SOUTHWEST)
        return said.model_copy(update={"written_at": later(seconds=second)} | other)

    assert take(database, inbox, row_at(E.RECEIVED, 5)).verdict is Verdict.APPLIED
    assert take(database, inbox, row_at(E.ACCEPTED, 5)).verdict is Verdict.LATE
    assert take(database, inbox, row_at(E.REVIEWING, 6)).verdict is Verdict.REFUSED
    assert take(database, inbox, row_at(E.NEED_SUPPLEMENT, 6)).verdict is Verdict.APPLIED


def test_an_officer_of_our_own_city_has_the_same_inbox(database, inbox):
    register(database, TO_COME, None)
    said = message(handling_no=TO_COME, partner=None, seq=None)
    assert take(database, inbox, said).verdict is Verdict.APPLIED
    assert rows(database)[0].sender == "city"


def test_twenty_at_once_leave_one_row_and_one_effect(database, inbox):
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda _: take(database, inbox, message()), range(20)))
    assert sorted(t.outcome for t in taken) == [IntakeOutcome.DUPLICATE] * 19 + [IntakeOutcome.JUDGED]
    assert len(rows(database)) == 1
    assert progress(database).last_seq == 1
    with database.read() as session:
        assert session.get_one(HandlingRow, CASE).applied_count == 1


def test_a_whole_story_at_once_is_applied_in_sequence(database, inbox):
    story = [E.RECEIVED, E.ACCEPTED, E.REVIEWING, E.SUSPENDED, E.RESUMED, E.APPROVED, E.RESULT_SENT]
    calls = [message(event, seq) for _ in range(3) for seq, event in enumerate(story, 1)]
    with ThreadPoolExecutor(7) as pool:
        list(pool.map(lambda said: take(database, inbox, said), reversed(calls)))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SecurityEventRow)) == 0
    in_order = sorted(rows(database), key=lambda row: row.order)
    assert [(row.seq, row.order) for row in in_order] == [(n, n) for n in range(1, 8)]


def test_a_rolled_back_taking_never_was(database, inbox):
    with pytest.raises(ZeroDivisionError), database.write() as session:
        inbox.take(session, message(), raw=b"", now=NOW)
        _ = 1 / 0
    assert rows(database) == []
    assert take(database, inbox, message()).outcome is IntakeOutcome.JUDGED


def test_a_decision_that_a_person_accepts_is_the_whole_of_theirs(database, inbox):
    """Result, wire state, books: as if it had been the first; and it is no contradiction again."""
    take(database, inbox, message(WireEvent.NOT_ACCEPTED, 1, "m1"))
    paper = ResultPaper(name="证", form=ResultForm.BOTH, document_no="7", sha256="ab" * 32)
    theirs = message(WireEvent.APPROVED, 2, "m2", payload=EventPayload(result=paper))
    assert take(database, inbox, theirs).verdict is Verdict.CONTRADICTION
    with database.write() as session:
        inbox.accept(session, CASE, "m2", NOW)
    with database.read() as session:
        handling = session.get_one(HandlingRow, CASE)
    assert (handling.decision, handling.last_event, handling.wire_state) == ("APPROVED", "APPROVED", "DECIDED")
    assert (handling.result["document_no"], handling.result["sha256"]) == ("7", "ab" * 32)
    assert compare(handling, theirs) is None
    assert take(database, inbox, message(WireEvent.RESULT_SENT, 3, "m3")).verdict is Verdict.APPLIED
