"""The wire table, walked cell by cell against contracts.md's own rows, and by any sequence of events."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import DECISIONS, WireEvent
from domain.wire import (
    HandlingTruth,
    Verdict,
    WireState,
    advance,
    after_submit,
    after_supplement,
    judge,
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


def walk(names: list[str], *, sequenced: bool = True) -> HandlingTruth:
    """The truth after these events, each of which must be allowed."""
    truth, seq = after_submit(HandlingTruth()), 0
    for name in names:
        if name == "our supplement":
            truth = after_supplement(truth, truth.round)
            continue
        seq += 1
        place = seq if sequenced else None
        verdict = judge(truth, WireEvent(name), place, truth.round + 1)
        assert verdict is Verdict.APPLIED, (names, name)
        truth = advance(truth, verdict, WireEvent(name), place)
    return truth


def test_the_contract_names_every_event_and_every_way_leads_to_a_row():
    assert set().union(*MAY.values()) | {"RECEIVED"} == {event.value for event in WireEvent}
    assert set(PATHS) == set(MAY)
    assert {walk(path).state for path in PATHS.values()} == set(WireState) - {WireState.UNSENT}
    assert {event.value for event in DECISIONS} == FINAL


@pytest.mark.parametrize("sequenced", [True, False], ids=["A, C", "B"])
@pytest.mark.parametrize(("after", "event"), list(itertools.product(PATHS, WireEvent)))
def test_every_event_after_everything(after, event, sequenced):
    truth = walk(PATHS[after], sequenced=sequenced)
    taken = {name for name in PATHS[after] if name in FINAL}
    seq = truth.last_seq + 1 if sequenced else None
    if taken and event.value in FINAL - taken:
        expected = Verdict.CONTRADICTION  # "a final decision other than the one taken, also after RESULT_SENT"
    elif event.value in MAY[after]:
        expected = Verdict.APPLIED
    else:
        expected = Verdict.REFUSED
    assert judge(truth, event, seq, truth.round + 1) is expected


@pytest.mark.parametrize("event", WireEvent)
def test_nothing_may_be_said_before_we_submitted(event):
    assert judge(HandlingTruth(), event, 1) is Verdict.REFUSED


@pytest.mark.parametrize(("after", "event"), list(itertools.product(PATHS, [*WireEvent, None])))
def test_the_place_in_the_sequence_is_looked_at_first(after, event):
    truth = walk(PATHS[after])
    assert judge(truth, event, truth.last_seq + 2) is Verdict.EARLY
    assert judge(truth, event, truth.last_seq) is Verdict.LATE
    for verdict in (Verdict.EARLY, Verdict.LATE, Verdict.REFUSED):
        assert advance(truth, verdict, event, truth.last_seq + 2) == truth


@pytest.mark.parametrize("after", PATHS)
def test_an_unknown_name_and_a_contradiction_use_up_their_place_and_nothing_else(after):
    truth = walk(PATHS[after])
    seq = truth.last_seq + 1
    assert judge(truth, None, seq) is Verdict.UNKNOWN_EVENT
    for verdict, event in ((Verdict.UNKNOWN_EVENT, None), (Verdict.CONTRADICTION, WireEvent.REJECTED)):
        assert advance(truth, verdict, event, seq) == truth.model_copy(update={"last_seq": seq})


def test_a_notice_opens_the_next_round_only():
    truth = walk(["NEED_SUPPLEMENT", "our supplement"])
    for round_ in (0, 1, 3):
        assert judge(truth, WireEvent.NEED_SUPPLEMENT, 2, round_) is Verdict.REFUSED
    assert judge(truth, WireEvent.NEED_SUPPLEMENT, 2, 2) is Verdict.APPLIED
    assert advance(truth, Verdict.APPLIED, WireEvent.NEED_SUPPLEMENT, 2).round == 2


@pytest.mark.parametrize("after", PATHS)
def test_a_supplement_answers_the_open_round_only(after):
    truth = walk(PATHS[after])
    is_open = after == "NEED_SUPPLEMENT"
    assert may_supplement(truth, 1) is is_open
    assert not may_supplement(truth, 2)
    assert after_supplement(truth, 2) == truth
    assert (after_supplement(truth, 1) != truth) is is_open


@pytest.mark.parametrize("after", PATHS)
def test_a_withdrawal_before_a_decision_and_once(after):
    truth = walk(PATHS[after])
    decided = bool(set(PATHS[after]) & FINAL)
    assert may_withdraw(truth) is not decided
    assert not may_withdraw(truth.model_copy(update={"withdrawal_asked": True}))
    assert not may_withdraw(HandlingTruth())


@pytest.mark.parametrize("event", WireEvent)
def test_a_snapshot_is_the_partners_word(event):
    truth = snapshot(walk(["RECEIVED"]), event, 7, 2 if event is WireEvent.NEED_SUPPLEMENT else None)
    assert (truth.last_seq, truth.last_event) == (7, event)
    assert truth.decision == (event if event.value in FINAL else None)
    assert truth.round == (2 if event is WireEvent.NEED_SUPPLEMENT else 0)
    for follower in WireEvent:
        allowed = judge(truth, follower, 8, truth.round + 1) is Verdict.APPLIED
        assert allowed is (follower.value in MAY[event.value])


SAID = st.lists(st.tuples(st.sampled_from([*WireEvent, None]), st.integers(1, 6)), max_size=30)


@given(SAID, st.booleans())
def test_no_sequence_of_messages_takes_back_what_was_taken(said, answer_notices):
    truth = after_submit(HandlingTruth())
    applied = []
    for event, seq in said:
        verdict = judge(truth, event, seq, truth.round + 1)
        after = advance(truth, verdict, event, seq)
        assert after.last_seq - truth.last_seq == (verdict not in (Verdict.EARLY, Verdict.LATE, Verdict.REFUSED))
        assert truth.decision is None or after.decision is truth.decision
        if verdict is Verdict.APPLIED:
            applied.append(event)
        else:
            assert after.model_copy(update={"last_seq": 0}) == truth.model_copy(update={"last_seq": 0})
        truth = after_supplement(after, after.round) if answer_notices else after
    assert truth.round == applied.count(WireEvent.NEED_SUPPLEMENT)
    assert [e for e in applied if e in DECISIONS] == ([truth.decision] if truth.decision else [])


@given(st.permutations(["RECEIVED", "ACCEPTED", "REVIEWING", "SUSPENDED", "RESUMED", "APPROVED", "RESULT_SENT"]))
def test_whatever_order_they_arrive_in_they_are_applied_in_sequence(arrival):
    story = ["RECEIVED", "ACCEPTED", "REVIEWING", "SUSPENDED", "RESUMED", "APPROVED", "RESULT_SENT"]
    truth, parked = after_submit(HandlingTruth()), {}
    for name in arrival:
        parked[story.index(name) + 1] = WireEvent(name)
        while (event := parked.get(truth.last_seq + 1)) is not None:
            seq = truth.last_seq + 1
            assert judge(truth, event, seq) is Verdict.APPLIED
            truth = advance(truth, Verdict.APPLIED, event, seq)
    assert truth == walk(story)
