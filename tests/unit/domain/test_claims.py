"""Claims: which step may follow, whose it is, when money needs a second person, when a parcel counts as found."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.claims import OVER, STEPS, Claim, ClaimKind, ClaimState, ClaimStep, NotNow, found_again, not_now, steps_of
from domain.terms import ParcelStage, Role

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
S, P = ClaimState, ClaimStep


def claim(state=S.OPENED, kind=ClaimKind.LOST, stage=ParcelStage.LOST, due=timedelta(days=3), accepted=None):
    return Claim(
        claim_id="c", kind=kind, state=state, version=1, stage=stage, opened_by="wang",
        due_at=None if state in OVER else NOW + due, asked_fen=3000, accepted_fen=accepted,
    )  # fmt: skip


def why(state, step, *, by="li", role=Role.CLERK, **more):
    return not_now(claim(state, **more), step, by=by, role=role, now=NOW)


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        (S.OPENED, {P.INQUIRE, P.FOUND, P.WITHDRAW, P.REISSUE}),
        (S.INQUIRY, {P.ANSWER, P.FOUND, P.WITHDRAW, P.REISSUE}),
        (S.ANSWERED, {P.FOUND, P.ACCEPT, P.REFUSE, P.WITHDRAW, P.REISSUE}),
        (S.ACCEPTED, {P.FOUND, P.SETTLE, P.REISSUE}),
        (S.FOUND, {P.REISSUE}),
        (S.REFUSED, {P.REISSUE}),
        (S.SETTLED, {P.REISSUE}),
        (S.WITHDRAWN, set()),
    ],
)
def test_what_a_colleague_may_do_in_each_state(state, steps):
    assert set(steps_of(claim(state), by="li", role=Role.CLERK, now=NOW)) == steps
    for step in set(ClaimStep) - steps - {P.ACCEPT}:
        assert why(state, step) is NotNow.STEP


def test_every_state_but_the_first_is_reached_by_a_step():
    assert {rule.after for rule in STEPS.values()} == {*S, None} - {S.OPENED}
    assert {S.FOUND, S.REFUSED, S.SETTLED, S.WITHDRAWN} == OVER


@pytest.mark.parametrize("step", [P.ACCEPT, P.REFUSE])
def test_money_is_two_peoples_word(step):
    assert why(S.ANSWERED, step, by="wang") is NotNow.SAME_PERSON
    assert why(S.ANSWERED, step, by="li") is None
    assert why(S.ANSWERED, step, by="zhao", role=Role.SUPERVISOR) is None
    assert why(S.ANSWERED, step, by="wang", role=Role.SUPERVISOR) is NotNow.SAME_PERSON


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.OUTLET, Role.COURIER, Role.OPERATOR])
def test_nobody_else_steps(role):
    assert steps_of(claim(S.ANSWERED), by="x", role=role, now=NOW) == ()


def test_a_supervisor_only_decides():
    assert set(steps_of(claim(S.ANSWERED), by="zhao", role=Role.SUPERVISOR, now=NOW)) == {P.ACCEPT, P.REFUSE}
    assert why(S.OPENED, P.INQUIRE, role=Role.SUPERVISOR) is NotNow.ROLE


def test_while_the_carrier_may_still_answer_nothing_is_accepted():
    assert why(S.INQUIRY, P.ACCEPT) is NotNow.UNANSWERED
    assert why(S.INQUIRY, P.ACCEPT, due=timedelta(0)) is NotNow.UNANSWERED  # the last second is still its own
    assert why(S.INQUIRY, P.ACCEPT, due=timedelta(seconds=-1)) is None
    assert why(S.INQUIRY, P.REFUSE, due=timedelta(days=-9)) is NotNow.STEP


@pytest.mark.parametrize(
    ("kind", "before", "now", "found"),
    [
        (ClaimKind.LOST, "LOST", "LOST", False),
        (ClaimKind.LOST, "LOST", "IN_TRANSIT", True),
        (ClaimKind.DELAYED, "IN_TRANSIT", "IN_TRANSIT", False),
        (ClaimKind.DELAYED, "IN_TRANSIT", "DELIVERED", True),
        (ClaimKind.DELAYED, "IN_TRANSIT", "LOST", False),
        (ClaimKind.DAMAGED, "DAMAGED", "DELIVERED", False),
    ],
)
def test_a_parcel_that_was_searched_is_found_by_a_further_scan(kind, before, now, found):
    searched = claim(kind=kind, stage=ParcelStage(before))
    assert found_again(searched, ParcelStage(now)) is found
    assert found_again(claim(S.SETTLED, kind, ParcelStage(before)), ParcelStage(now)) is False
