"""The wire table, walked cell by cell against contracts.md's own rows, and by any sequence of events."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import DECISIONS, WireEvent
from domain.wire import (
    Verdict,
    WireProgress,
    WireState,
    advance,
    after_submit,
    after_supplement,
    judge,
    judge_snapshot,
    may_supplement,
    may_withdraw,
    snapshot,
)

# contracts.md "Common rules", word for word: after | events that may follow
CONTRACT = """
submit | RECEIVED, ACCEPTED, NOT_ACCEPTED, NEED_SUPPLEMENT, WITHDRAWN
RECEIVED | ACCEPTED, NOT_ACCEPTED, NEED_SUPPLEMENT, WITHDRAWN
NEED_SUPPLEMENT | NOT_ACCEPTED, WITHDRAWN
our supplement | RECEIVED, ACCEPTED, NOT_ACCEPTED, NEED_SUPPLEMENT, REVIEWING, SUSPENDED, APPROVED, REJECTED, WITHDRAWN
ACCEPTED, REVIEWING, RESUMED | REVIEWING, NEED_SUPPLEMENT, SUSPENDED, APPROVED, REJECTED, WITHDRAWN
SUSPENDED | RESUMED, WITHDRAWN
APPROVED, REJECTED, NOT_ACCEPTED, WITHDRAWN | RESULT_SENT
RESULT_SENT |
"""
FINAL = {"APPROVED", "REJECTED", "NOT_ACCEPTED", "WITHDRAWN"}
PATHS = {
    "submit": [],
    "RECEIVED": ["RECEIVED"],
    "ACCEPTED": ["ACCEPTED"],
    "REVIEWING": ["ACCEPTED", "REVIEWING"],
    "NEED_SUPPLEMENT": ["NEED_SUPPLEMENT"],
    "our supplement": ["NEED_SUPPLEMENT", "our supplement"],
    "SUSPENDED": ["ACCEPTED", "SUSPENDED"],
    "RESUMED": ["ACCEPTED", "SUSPENDED", "RESUMED"],
    "APPROVED": ["ACCEPTED", "APPROVED"],
    "REJECTED": ["ACCEPTED", "REJECTED"],
    "NOT_ACCEPTED": ["NOT_ACCEPTED"],
    "WITHDRAWN": ["WITHDRAWN"],
    "RESULT_SENT": ["ACCEPTED", "APPROVED", "RESULT_SENT"],
}
"""A shortest way to each row of the contract."""


def _rows() -> dict[str, frozenset[str]]:
    rows = {}
    for line in CONTRACT.strip().splitlines():
        after, _, follow = line.partition("|")
        for name in after.split(","):
            rows[name.strip()] = frozenset(filter(None, (word.strip() for word in follow.split(","))))
    return rows


MAY = _rows()


def walk(names: list[str], *, sequenced: bool = True) -> WireProgress:
    """The progress after these events, each of which must be allowed."""
    progress, seq = after_submit(WireProgress()), 0
    for name in names:
        if name == "our supplement":
            progress = after_supplement(progress, progress.round)
            continue
        seq += 1
        place = seq if sequenced else None
        verdict = judge(progress, WireEvent(name), place, progress.round + 1)
        assert verdict is Verdict.APPLIED, (names, name)
        progress = advance(progress, verdict, WireEvent(name), place)
    return progress


def test_the_contract_names_every_event_and_every_way_leads_to_a_row():
    assert set().union(*MAY.values()) | {"RECEIVED"} == {event.value for event in WireEvent}
    assert set(PATHS) == set(MAY)
    assert {walk(path).state for path in PATHS.values()} == set(WireState) - {WireState.UNSENT}
    assert {event.value for event in DECISIONS} == FINAL


@pytest.mark.parametrize("sequenced", [True, False], ids=["A, C", "B"])
@pytest.mark.parametrize(("after", "event"), list(itertools.product(PATHS, WireEvent)))
def test_every_event_after_everything(after, event, sequenced):
    progress = walk(PATHS[after], sequenced=sequenced)
    taken = {name for name in PATHS[after] if name in FINAL}
    seq = progress.last_seq + 1 if sequenced else None
    if taken and event.value in FINAL - taken:
        expected = Verdict.CONTRADICTION  # "a final decision other than the one taken, also after RESULT_SENT"
    elif event.value in MAY[after]:
        expected = Verdict.APPLIED
    else:
        expected = Verdict.REFUSED
    assert judge(progress, event, seq, progress.round + 1) is expected


@pytest.mark.parametrize("event", WireEvent)
def test_nothing_may_be_said_before_we_submitted(event):
    assert judge(WireProgress(), event, 1) is Verdict.REFUSED


@pytest.mark.parametrize(("after", "event"), list(itertools.product(PATHS, [*WireEvent, None])))
def test_the_place_in_the_sequence_is_looked_at_first(after, event):
    progress = walk(PATHS[after])
    assert judge(progress, event, progress.last_seq + 2) is Verdict.EARLY
    assert judge(progress, event, progress.last_seq) is Verdict.LATE
    for verdict in (Verdict.EARLY, Verdict.LATE, Verdict.REFUSED):
        assert advance(progress, verdict, event, progress.last_seq + 2) == progress


@pytest.mark.parametrize("after", PATHS)
def test_an_unknown_name_and_a_contradiction_use_up_their_place_and_nothing_else(after):
    progress = walk(PATHS[after])
    seq = progress.last_seq + 1
    assert judge(progress, None, seq) is Verdict.UNKNOWN_EVENT
    for verdict, event in ((Verdict.UNKNOWN_EVENT, None), (Verdict.CONTRADICTION, WireEvent.REJECTED)):
        assert advance(progress, verdict, event, seq) == progress.model_copy(update={"last_seq": seq})


def test_a_notice_opens_the_next_round_only():
    progress = walk(["NEED_SUPPLEMENT", "our supplement"])
    for round_ in (0, 1, 3):
        assert judge(progress, WireEvent.NEED_SUPPLEMENT, 2, round_) is Verdict.REFUSED
    assert judge(progress, WireEvent.NEED_SUPPLEMENT, 2, 2) is Verdict.APPLIED
    assert advance(progress, Verdict.APPLIED, WireEvent.NEED_SUPPLEMENT, 2).round == 2


@pytest.mark.parametrize("after", PATHS)
def test_a_supplement_answers_the_open_round_only(after):
    progress = walk(PATHS[after])
    is_open = after == "NEED_SUPPLEMENT"
    assert may_supplement(progress, 1) is is_open
    assert not may_supplement(progress, 2)
    assert after_supplement(progress, 2) == progress
    assert (after_supplement(progress, 1) != progress) is is_open


@pytest.mark.parametrize("after", PATHS)
def test_a_withdrawal_before_a_decision_and_once(after):
    progress = walk(PATHS[after])
    decided = bool(set(PATHS[after]) & FINAL)
    assert may_withdraw(progress) is (not decided)
    assert not may_withdraw(progress.model_copy(update={"withdrawal_asked": True}))
    assert not may_withdraw(WireProgress())


@pytest.mark.parametrize("event", WireEvent)
def test_a_snapshot_is_the_partners_word(event):
    progress = snapshot(walk(["RECEIVED"]), event, 7, 2 if event is WireEvent.NEED_SUPPLEMENT else None)
    assert (progress.last_seq, progress.last_event) == (7, event)
    assert progress.decision == (event if event.value in FINAL else None)
    assert progress.round == (2 if event is WireEvent.NEED_SUPPLEMENT else 0)
    for follower in WireEvent:
        allowed = judge(progress, follower, 8, progress.round + 1) is Verdict.APPLIED
        assert allowed is (follower.value in MAY[event.value])


@pytest.mark.parametrize("decision", sorted(DECISIONS))
@pytest.mark.parametrize("event", WireEvent)
def test_a_snapshot_contradicts_by_another_decision_only(event, decision):
    decided = WireProgress(state=WireState.DECIDED, last_event=decision, last_seq=3, decision=decision)
    contradicts = event in DECISIONS and event is not decision
    assert judge_snapshot(decided, event) is (Verdict.CONTRADICTION if contradicts else Verdict.APPLIED)
    assert judge_snapshot(walk(["RECEIVED"]), event) is Verdict.APPLIED


def test_a_snapshot_of_an_unknown_name_is_seen_by_a_person():
    assert judge_snapshot(walk(["RECEIVED"]), None) is Verdict.UNKNOWN_EVENT


SAID = st.lists(st.tuples(st.sampled_from([*WireEvent, None]), st.integers(1, 6)), max_size=30)


@given(SAID, st.booleans())
def test_no_sequence_of_messages_takes_back_what_was_taken(said, answer_notices):
    progress = after_submit(WireProgress())
    applied = []
    for event, seq in said:
        verdict = judge(progress, event, seq, progress.round + 1)
        after = advance(progress, verdict, event, seq)
        assert after.last_seq - progress.last_seq == (verdict not in (Verdict.EARLY, Verdict.LATE, Verdict.REFUSED))
        assert progress.decision is None or after.decision is progress.decision
        if verdict is Verdict.APPLIED:
            applied.append(event)
        else:
            assert after.model_copy(update={"last_seq": 0}) == progress.model_copy(update={"last_seq": 0})
        progress = after_supplement(after, after.round) if answer_notices else after
    assert progress.round == applied.count(WireEvent.NEED_SUPPLEMENT)
    assert [e for e in applied if e in DECISIONS] == ([progress.decision] if progress.decision else [])


@given(st.permutations(["RECEIVED", "ACCEPTED", "REVIEWING", "SUSPENDED", "RESUMED", "APPROVED", "RESULT_SENT"]))
def test_whatever_order_they_arrive_in_they_are_applied_in_sequence(arrival):
    story = ["RECEIVED", "ACCEPTED", "REVIEWING", "SUSPENDED", "RESUMED", "APPROVED", "RESULT_SENT"]
    progress, parked = after_submit(WireProgress()), {}
    for name in arrival:
        parked[story.index(name) + 1] = WireEvent(name)
        while (event := parked.get(progress.last_seq + 1)) is not None:
            seq = progress.last_seq + 1
            assert judge(progress, event, seq) is Verdict.APPLIED
            progress = advance(progress, Verdict.APPLIED, event, seq)
    assert progress == walk(story)
