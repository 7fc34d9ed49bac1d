"""The case table: every status × action, how handlings join, and how the wire's table maps onto it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import ALLOWED_ACTIONS, STATUS_AFTER, Action, join, may
from domain.terms import OUTCOMES, CaseStatus, WireEvent
from domain.wire import MAY_FOLLOW, WireState

S, A = CaseStatus, Action
WITH_AUTHORITY = (S.SUBMITTED, S.RECEIVED, S.ACCEPTED, S.SUPPLEMENT_REQUIRED, S.SUPPLEMENTED, S.REVIEWING, S.SUSPENDED)

# interfaces.md "Case statuses" and domain.md §2: what may be done where. Nothing after an outcome.
EXPECTED = {
    (S.REGISTERED, A.CHECK_PAPERS),
    (S.COLLECTED, A.SUBMIT),
    (S.WAITING, A.SUBMIT),
    (S.SUPPLEMENT_REQUIRED, A.SUPPLEMENT),
    *((status, A.AUTHORITY_EVENT) for status in WITH_AUTHORITY),
    *((status, A.WITHDRAW) for status in (S.REGISTERED, S.COLLECTED, S.WAITING, *WITH_AUTHORITY)),
    *((status, A.CLOSE_AS_FAILED) for status in (S.REGISTERED, S.COLLECTED, S.WAITING, *WITH_AUTHORITY)),
}

STATUSES_OF = {
    WireState.UNSENT: {S.REGISTERED, S.COLLECTED, S.WAITING},
    WireState.SUBMITTED: {S.SUBMITTED},
    WireState.RECEIVED: {S.RECEIVED},
    WireState.AWAITING_SUPPLEMENT: {S.SUPPLEMENT_REQUIRED},
    WireState.SUPPLEMENTED: {S.SUPPLEMENTED},
    WireState.UNDER_REVIEW: {S.ACCEPTED, S.REVIEWING},
    WireState.SUSPENDED: {S.SUSPENDED},
    WireState.DECIDED: {S.APPROVED, S.REJECTED, S.NOT_ACCEPTED, S.WITHDRAWN},
    WireState.RESULT_SENT: {S.APPROVED, S.REJECTED, S.NOT_ACCEPTED, S.WITHDRAWN},
}
"""decisions.md 1: what the wire knows of a handling ↔ what people see of it. FAILED is only a person's word.

NOT_BEGUN: nothing was said, and nothing will be.
"""

LEADS_TO = {
    WireEvent.RECEIVED: WireState.RECEIVED,
    WireEvent.ACCEPTED: WireState.UNDER_REVIEW,
    WireEvent.REVIEWING: WireState.UNDER_REVIEW,
    WireEvent.RESUMED: WireState.UNDER_REVIEW,
    WireEvent.NEED_SUPPLEMENT: WireState.AWAITING_SUPPLEMENT,
    WireEvent.SUSPENDED: WireState.SUSPENDED,
    WireEvent.APPROVED: WireState.DECIDED,
    WireEvent.REJECTED: WireState.DECIDED,
    WireEvent.NOT_ACCEPTED: WireState.DECIDED,
    WireEvent.WITHDRAWN: WireState.DECIDED,
}


@pytest.mark.parametrize(("status", "action"), list(itertools.product(CaseStatus, Action)))
def test_every_action_in_every_status(status, action):
    assert may(status, action) is ((status, action) in EXPECTED)


def test_the_table_has_every_status_and_outcomes_are_final():
    assert set(ALLOWED_ACTIONS) == set(CaseStatus)
    assert set(OUTCOMES) == {S.APPROVED, S.NOT_ACCEPTED, S.REJECTED, S.WITHDRAWN, S.FAILED, S.NOT_BEGUN}
    assert not any(ALLOWED_ACTIONS[outcome] for outcome in OUTCOMES)


@pytest.mark.parametrize("state", WireState)
def test_the_wires_table_maps_onto_the_cases(state):
    """Where the wire lets an event come, the case can take it; where the wire is done, so is the case."""
    for status in STATUSES_OF[state]:
        events = MAY_FOLLOW[state] - {WireEvent.RESULT_SENT}  # papers move, the status stays
        assert bool(events) is may(status, Action.AUTHORITY_EVENT)
        for event in events:
            assert STATUS_AFTER[event] in STATUSES_OF[LEADS_TO[event]]
        assert may(status, Action.SUPPLEMENT) is (state is WireState.AWAITING_SUPPLEMENT)
        decided = state in (WireState.DECIDED, WireState.RESULT_SENT)
        assert status.is_outcome is decided
        assert may(status, Action.WITHDRAW) is (not decided)


def test_every_event_but_the_parcel_has_a_status():
    assert set(STATUS_AFTER) == set(LEADS_TO) == set(WireEvent) - {WireEvent.RESULT_SENT}
    assert set(STATUSES_OF) == set(WireState)
    assert set().union(*STATUSES_OF.values()) == set(CaseStatus) - {S.FAILED, S.NOT_BEGUN}


MANY = st.lists(st.sampled_from(CaseStatus), min_size=1, max_size=5)


@given(MANY)
def test_one_status_for_many(statuses):
    joined = join(statuses)
    assert joined in statuses or (joined is S.WITHDRAWN and S.NOT_BEGUN in statuses)
    assert joined is join(reversed(statuses))
    refused = {S.NOT_ACCEPTED, S.REJECTED} & set(statuses)
    if refused:
        assert joined in refused
    elif any(not status.is_outcome for status in statuses):
        assert not joined.is_outcome
    assert (joined is S.APPROVED) is (set(statuses) == {S.APPROVED})
    if S.SUPPLEMENT_REQUIRED in statuses and not refused:
        assert joined is S.SUPPLEMENT_REQUIRED


@pytest.mark.parametrize(
    ("statuses", "joined"),
    [
        ((S.APPROVED, S.APPROVED), S.APPROVED),
        ((S.APPROVED, S.REJECTED), S.REJECTED),
        ((S.REVIEWING, S.NOT_ACCEPTED), S.NOT_ACCEPTED),
        ((S.APPROVED, S.WITHDRAWN), S.WITHDRAWN),
        ((S.WITHDRAWN, S.FAILED), S.FAILED),
        ((S.APPROVED, S.REVIEWING), S.REVIEWING),
        ((S.WITHDRAWN, S.ACCEPTED), S.ACCEPTED),
        ((S.RECEIVED, S.REVIEWING), S.RECEIVED),
        ((S.RECEIVED, S.WAITING, S.WAITING), S.RECEIVED),
        ((S.APPROVED, S.WAITING), S.WAITING),
        ((S.APPROVED, S.NOT_BEGUN), S.WITHDRAWN),
        ((S.FAILED, S.NOT_BEGUN), S.FAILED),
        ((S.REJECTED, S.NOT_BEGUN, S.NOT_BEGUN), S.REJECTED),
        ((S.SUSPENDED, S.SUPPLEMENT_REQUIRED), S.SUPPLEMENT_REQUIRED),
    ],
)
def test_joint_handling(statuses, joined):
    assert join(statuses) is joined
