"""One login alone: the hall's check of what it has brought itself, and that something was not delivered."""

import random
from datetime import timedelta

import pytest

from domain.terms import Leg, ParcelStage
from logistics.custody import FindingKind
from logistics.parcels import derive
from logistics.scans import LegPolicy, ScanEvent, ScanUse, Void
from tests.unit.logistics.parcel_traces import TEN

S = ParcelStage
POLICY = LegPolicy.of(Leg.PICKUP)


def said(kind, minute, login, **more):
    at = TEN + timedelta(minutes=minute)
    signer = {"signer_kind": "hall"} if kind is S.DELIVERED else {}
    return ScanEvent(
        event_id=f"{kind}-{login}-{minute}",
        leg=Leg.PICKUP,
        kind=kind,
        device_id=f"device-of-{login}",
        device_seq=minute,
        occurred_at=at,
        recorded_at=at,
        actor=login or "somebody",
        login=login,
        **signer | more,
    )


def both_sides(login):
    return [said(S.PICKED_UP, 10, login), said(S.DELIVERED, 20, login), said(S.HALL_CHECKED, 30, login)]


def finding(state):
    return [each.event_id for each in state.findings if each.kind is FindingKind.SAME_PERSON]


def test_who_has_brought_it_does_not_check_it_as_well():
    state = derive(POLICY, both_sides("clerk"))
    assert (state.status, state.complete, state.hall_checked) == (S.DELIVERED, False, None)
    assert finding(state) == ["HALL_CHECKED-clerk-30"]
    assert [scan.use for scan in state.scans][-1] is ScanUse.SAME_PERSON
    assert len(state.scans) == 3  # nothing is lost


def test_somebody_elses_check_ends_it():
    state = derive(POLICY, [*both_sides("clerk"), said(S.HALL_CHECKED, 31, "other")])
    assert (state.status, state.complete, finding(state)) == (S.HALL_CHECKED, True, [])


@pytest.mark.parametrize("other", [S.PICKED_UP, S.IN_TRANSIT, S.DELIVERED])
def test_where_another_login_had_it_in_his_hands_the_check_is_the_halls(other):
    state = derive(POLICY, [*both_sides("clerk"), said(other, 25, "courier")])
    assert (state.complete, finding(state)) == (True, [])


def test_what_is_not_a_persons_word_is_another_hand():
    """The carrier's own line, or a scan from before logins were kept."""
    state = derive(POLICY, [said(S.PICKED_UP, 10, None), *both_sides("clerk")[1:]])
    assert (state.complete, finding(state)) == (True, [])


def test_a_check_alone_is_one_sides_word():
    state = derive(POLICY, [said(S.HALL_CHECKED, 30, "clerk")])
    assert (state.complete, finding(state)) == (True, [])


def test_to_have_been_at_the_door_is_not_to_have_had_it():
    trace = [said(S.EN_ROUTE, 1, "clerk"), said(S.PICKED_UP, 10, "courier"), said(S.HALL_CHECKED, 30, "clerk")]
    assert derive(POLICY, trace).complete


@pytest.mark.parametrize("seed", range(30))
def test_the_order_of_arrival_does_not_matter(seed):
    trace = [*both_sides("clerk"), said(S.HALL_CHECKED, 40, "clerk"), said(S.PICKUP_FAILED, 5, "courier")]
    random.Random(seed).shuffle(trace)
    state = derive(POLICY, [*trace, *trace[:2]])
    assert not state.complete
    assert len(finding(state)) == 2


def undelivering(*logins):
    """What the supervisors among these logins, and the others, say of a delivery."""
    trace = [said(S.PICKED_UP, 10, "courier"), said(S.DELIVERED, 20, "courier")]
    for minute, login in enumerate(logins, 30):
        boss = login is None or login.startswith("supervisor")
        target = {"voids": "DELIVERED-courier-20", "second_approval": boss}
        trace.append(said(Void.VOID, minute, login, **target))
    return derive(POLICY, trace)


@pytest.mark.parametrize(
    ("logins", "taken_back"),
    [
        (["courier"], False),
        (["supervisor"], False),
        (["supervisor", "supervisor"], False),
        (["courier", "clerk"], False),
        (["courier", "supervisor"], True),
        (["supervisor", "courier"], True),
        (["supervisor", "supervisor2"], True),
        ([None], True),  # from before logins were kept
    ],
)
def test_two_people_say_that_it_was_not_delivered(logins, taken_back):
    state = undelivering(*logins)
    assert (state.stage is S.PICKED_UP) is taken_back
    waits = [each for each in state.findings if each.kind is FindingKind.VOID_PENDING]
    assert len(waits) == (0 if taken_back else len(logins))
