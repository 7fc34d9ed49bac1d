"""The state of a parcel from its events: golden traces, any order, races, gaps, corrections."""

import random
from datetime import timedelta

import pytest

from domain.terms import Datum, Leg, MaterialForm, ParcelStage, SignerKind
from logistics.custody import FindingKind, PaperDifference, compare_papers
from logistics.evidence import counted_time
from logistics.geo import Point
from logistics.parcels import ParcelState, derive
from logistics.scans import GpsFix, LegPolicy, PaperLine, ScanEvent, ScanUse, Void
from tests.unit.logistics.parcel_traces import (
    AT_DOOR,
    DELIVERY,
    DOOR,
    FAR,
    FORWARD,
    GOLDEN,
    PICKUP,
    TEN,
    Trace,
    cancelled_offline,
    carrier_trace,
    corrected,
    delivered_before_out,
    door_pickup,
    lost_and_found,
    materials_rejected,
    two_attempts,
)

S = ParcelStage


def kinds(state: ParcelState) -> set[FindingKind]:
    return {finding.kind for finding in state.findings}


@pytest.mark.parametrize("name", GOLDEN)
def test_any_order_and_any_duplicates_give_the_same_state(name: str) -> None:
    policy, make = GOLDEN[name]
    events = make().events
    expected = derive(policy, events).model_dump_json()
    rng = random.Random(name)
    for _ in range(1000):
        later = timedelta(minutes=rng.uniform(0, 3000))
        copies = [
            event.model_copy(update={"recorded_at": event.recorded_at + later})
            for event in rng.sample(events, rng.randint(0, 3))
        ]
        shuffled = events + copies
        rng.shuffle(shuffled)
        assert derive(policy, shuffled).model_dump_json() == expected


def test_the_main_line_of_a_pickup() -> None:
    state = derive(PICKUP, door_pickup().events)
    assert (state.status, state.epoch, state.complete, state.terminal) == (S.HALL_CHECKED, 1, True, True)
    assert state.arrived_door is not None and state.arrived_door.verified
    assert state.arrived_door.at == TEN + timedelta(minutes=25)
    assert state.picked_up is not None and not state.picked_up.inferred
    assert state.seal_no == "YZ0000001"
    assert state.findings == ()


def test_without_events_there_is_an_order() -> None:
    state = derive(PICKUP, [])
    assert (state.status, state.terminal, state.picked_up) == (S.ORDERED, False, None)


def test_a_pickup_leg_ends_with_the_halls_check_and_a_delivery_with_the_signature() -> None:
    at_hall = derive(PICKUP, door_pickup().events[:-1])
    assert (at_hall.status, at_hall.complete) == (S.DELIVERED, False)
    signed = derive(DELIVERY, two_attempts().events)
    assert (signed.status, signed.complete, signed.signer_kind) == (S.DELIVERED, True, SignerKind.SELF)


def test_a_failed_attempt_and_the_next_one() -> None:
    failed = derive(DELIVERY, two_attempts().events[:6])
    assert (failed.status, failed.epoch, failed.terminal) == (S.DELIVERY_FAILED, 1, False)
    again = derive(DELIVERY, two_attempts().events[:7])
    assert (again.status, again.epoch) == (S.OUT_FOR_DELIVERY, 2)


def test_rank_decides_within_an_attempt_not_the_last_time() -> None:
    assert derive(FORWARD, delivered_before_out().events).status is S.DELIVERED


def test_a_later_attempt_wins_over_a_delivery() -> None:
    trace = delivered_before_out().add(3000, S.PICKED_UP, epoch=2)
    assert (derive(FORWARD, trace.events).status, derive(FORWARD, trace.events).epoch) == (S.PICKED_UP, 2)


def test_a_carrier_that_starts_again_after_a_delivery_brings_it_back() -> None:
    trace = delivered_before_out().add(3000, S.PICKED_UP).add(3100, S.IN_TRANSIT)
    assert derive(FORWARD, trace.events).status is S.IN_TRANSIT
    late_copy = delivered_before_out().add(116, S.PICKED_UP)
    assert derive(FORWARD, late_copy.events).status is S.DELIVERED


def test_an_exception_after_a_delivery_does_not_undo_it() -> None:
    trace = two_attempts().add(330, S.DELIVERY_FAILED)
    state = derive(DELIVERY, trace.events)
    assert state.status is S.DELIVERED
    assert FindingKind.OUT_OF_PLACE in kinds(state)


def test_a_late_lower_stage_does_not_downgrade() -> None:
    trace = door_pickup().add(80, S.EN_ROUTE)
    assert derive(PICKUP, trace.events).status is S.HALL_CHECKED


def test_cancelled_while_picked_up_offline() -> None:
    before = derive(PICKUP, cancelled_offline().events[:3])
    assert (before.status, before.terminal) == (S.CANCELLED, True)
    after = derive(PICKUP, cancelled_offline().events)
    assert (after.status, after.return_required, after.terminal) == (S.PICKED_UP, True, False)
    assert FindingKind.RETURN_REQUIRED in kinds(after)


def test_picked_up_after_the_cancellation_too() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED).add(7, S.PICKED_UP, uploaded=40)
    state = derive(PICKUP, trace.events)
    assert (state.status, state.return_required) == (S.PICKED_UP, True)
    back = derive(PICKUP, trace.add(50, S.RETURNING).add(90, S.RETURNED).events)
    assert (back.status, back.return_required, back.terminal, back.complete) == (S.RETURNED, False, True, False)


@pytest.mark.parametrize("proof", [S.DAMAGED, S.DELIVERY_FAILED, S.RETURNING])
def test_a_parcel_that_is_somewhere_is_believed_over_its_cancellation(proof: ParcelStage) -> None:
    state = derive(PICKUP, Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED).add(30, proof).events)
    assert (state.status, state.return_required, state.terminal) == (proof, True, False)
    nobody = derive(PICKUP, Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED).add(30, S.PICKUP_FAILED).events)
    assert (nobody.status, nobody.return_required) == (S.CANCELLED, False)


@pytest.mark.parametrize("late", [S.DELIVERY_FAILED, S.AWAITING_COLLECTION, S.MISROUTED])
def test_what_is_on_its_way_back_stays_so(late: ParcelStage) -> None:
    trace = Trace(Leg.DELIVERY).add(0, S.OUT_FOR_DELIVERY).add(9, S.RETURNING).add(20, late).add(25, S.IN_TRANSIT)
    state = derive(DELIVERY, trace.events)
    assert (state.status, FindingKind.OUT_OF_PLACE in kinds(state)) == (S.RETURNING, True)


def test_the_way_back_passes_the_same_places() -> None:
    trace = Trace(Leg.DELIVERY).add(0, S.OUT_FOR_DELIVERY).add(9, S.DELIVERY_FAILED).add(20, S.RETURNING)
    trace.add(30, S.AT_OUTLET).add(40, S.LOST).add(90, S.AT_OUTLET)
    back = derive(DELIVERY, trace.events)
    assert (back.status, back.epoch) == (S.RETURNING, 1)
    assert derive(DELIVERY, trace.add(99, S.RETURNED).events).status is S.RETURNED
    again = derive(DELIVERY, trace.add(120, S.OUT_FOR_DELIVERY, epoch=2).events)
    assert (again.status, again.epoch) == (S.OUT_FOR_DELIVERY, 2)


def test_a_cancelled_order_that_was_accepted_again_goes_on() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED).add(9, S.ACCEPTED, epoch=2).add(20, S.PICKED_UP, epoch=2)
    state = derive(PICKUP, trace.events)
    assert (state.status, state.return_required) == (S.PICKED_UP, False)


def test_a_locker_is_no_delivery_where_a_signature_is_needed() -> None:
    trace = Trace(Leg.DELIVERY).add(0, S.PICKED_UP).add(5, S.OUT_FOR_DELIVERY)
    trace.add(20, S.DELIVERED, signer_kind=SignerKind.LOCKER)
    state = derive(DELIVERY, trace.events)
    assert (state.status, state.stage, state.complete) == (S.AWAITING_COLLECTION, S.OUT_FOR_DELIVERY, False)
    assert (state.delivered, FindingKind.SIGNER_SHORT in kinds(state)) == (None, True)
    collected = derive(DELIVERY, trace.add(90, S.DELIVERED, signer_kind=SignerKind.SELF).events)
    assert (collected.status, collected.complete) == (S.DELIVERED, True)


@pytest.mark.parametrize("signer", [SignerKind.AGENT, None])
def test_only_the_applicant_may_sign(signer: SignerKind | None) -> None:
    own_hand = LegPolicy.of(Leg.DELIVERY, DOOR, signers=frozenset({SignerKind.SELF}))
    trace = Trace(Leg.DELIVERY).add(0, S.OUT_FOR_DELIVERY).add(20, S.DELIVERED, signer_kind=signer)
    state = derive(own_hand, trace.events)
    assert (state.status, state.complete) == (S.ON_HOLD, False)
    assert derive(DELIVERY, trace.events).complete


@pytest.mark.parametrize(
    ("gps", "believed"),
    [
        (AT_DOOR, True),
        (FAR, False),
        (None, False),
        (AT_DOOR.model_copy(update={"accuracy_m": 101}), False),
        (AT_DOOR.model_copy(update={"mocked": True}), False),
        (GpsFix(point=DOOR.to(Datum.GCJ02), accuracy_m=20), True),
        (GpsFix(point=DOOR.to(Datum.GCJ02).model_copy(update={"datum": Datum.WGS84}), accuracy_m=20), False),
        # 200 m away: outside the fence of 150 m, inside with an accuracy of 60 m
        (GpsFix(point=Point(lat=29.5575 + 0.0018, lon=106.577, datum=Datum.WGS84), accuracy_m=40), False),
        (GpsFix(point=Point(lat=29.5575 + 0.0018, lon=106.577, datum=Datum.WGS84), accuracy_m=60), True),
    ],
)
def test_an_arrival_is_believed_only_at_the_door(gps: GpsFix | None, believed: bool) -> None:
    trace = Trace().add(0, S.ACCEPTED).add(5, S.EN_ROUTE).add(20, S.ARRIVED_DOOR, gps=gps)
    state = derive(PICKUP, trace.events)
    assert state.arrived_door is not None
    assert state.arrived_door.verified is believed
    assert state.status is (S.ARRIVED_DOOR if believed else S.EN_ROUTE)
    assert (FindingKind.ARRIVAL_UNVERIFIED in kinds(state)) is not believed


def test_without_a_point_of_the_door_no_arrival_is_proved() -> None:
    trace = Trace().add(5, S.EN_ROUTE).add(20, S.ARRIVED_DOOR, gps=AT_DOOR)
    assert derive(LegPolicy.of(Leg.PICKUP), trace.events).status is S.EN_ROUTE


def test_nobody_home_counts_although_the_arrival_is_not_proved() -> None:
    trace = Trace().add(5, S.EN_ROUTE).add(20, S.ARRIVED_DOOR, gps=FAR).add(25, S.PICKUP_FAILED)
    state = derive(PICKUP, trace.events)
    assert (state.status, state.terminal) == (S.PICKUP_FAILED, False)
    again = derive(PICKUP, trace.add(60, S.ASSIGNED).events)
    assert (again.status, again.epoch) == (S.ASSIGNED, 2)


def test_a_proof_on_its_way_verifies_nothing_yet() -> None:
    trace = Trace().add(20, S.ARRIVED_DOOR, gps=AT_DOOR, proofs_pending=True)
    state = derive(PICKUP, trace.events)
    assert state.arrived_door is not None
    assert (state.arrived_door.verified, state.arrived_door.proofs_pending) == (False, True)


def test_a_missing_pickup_is_inferred_and_never_given_a_time() -> None:
    state = derive(FORWARD, carrier_trace().events)
    assert state.status is S.AT_DEST_OUTLET
    assert state.picked_up is not None
    assert (state.picked_up.at, state.picked_up.verified, state.picked_up.inferred) == (None, False, True)
    assert state.picked_up.not_after == TEN
    assert FindingKind.PICKUP_INFERRED in kinds(state)


def test_the_latest_record_of_a_carriers_line_wins_and_the_other_is_kept() -> None:
    state = derive(FORWARD, carrier_trace().events)
    uses = {scan.event.event_id: scan for scan in state.scans}
    assert (uses["e2"].use, uses["e2"].by) == (ScanUse.SUPERSEDED, "e3")
    assert uses["e3"].use is ScanUse.EFFECTIVE
    assert len(state.scans) == 5


def test_a_device_ahead_of_the_server_is_suspect() -> None:
    trace = Trace().add(20, S.ARRIVED_DOOR, gps=AT_DOOR, uploaded=10)
    state = derive(PICKUP, trace.events)
    assert state.arrived_door is not None
    assert state.arrived_door.at == TEN + timedelta(minutes=10)
    assert not state.arrived_door.verified
    assert FindingKind.CLOCK_SUSPECT in kinds(state)
    close = Trace().add(20, S.ARRIVED_DOOR, gps=AT_DOOR, uploaded=18)
    assert derive(PICKUP, close.events).status is S.ARRIVED_DOOR


def test_corrections_and_repeats() -> None:
    state = derive(DELIVERY, corrected().events)
    uses = {scan.event.event_id: scan.use for scan in state.scans}
    assert uses["e4"] is ScanUse.VOIDED
    assert uses["e2"] is ScanUse.EFFECTIVE  # its void was voided
    assert uses["e6"] is ScanUse.VOIDED
    assert uses["e3"] is ScanUse.REPEAT
    assert (state.status, state.epoch) == (S.DELIVERED, 1)


def test_voids_that_take_back_each_other_do_nothing() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(1, Void.VOID, voids="e1").add(2, Void.VOID, voids="e4")
    trace.add(3, Void.VOID, voids="e3")
    assert derive(PICKUP, trace.events).status is S.ORDERED


def test_un_delivering_needs_a_second_role() -> None:
    trace = two_attempts().add(330, Void.VOID, voids="e8")
    waiting = derive(DELIVERY, trace.events)
    assert (waiting.status, FindingKind.VOID_PENDING in kinds(waiting)) == (S.DELIVERED, True)
    trace = two_attempts().add(330, Void.VOID, voids="e8", second_approval=True)
    undone = derive(DELIVERY, trace.events)
    assert (undone.status, undone.complete) == (S.OUT_FOR_DELIVERY, False)
    before = derive(DELIVERY, two_attempts().events)
    assert [mark.key for mark in before.marks if mark not in undone.marks] == ["2-DELIVERED"]


def test_a_repeat_that_proves_more_is_no_repeat() -> None:
    trace = Trace().add(20, S.ARRIVED_DOOR, gps=FAR).add(20.5, S.ARRIVED_DOOR, gps=AT_DOOR)
    state = derive(PICKUP, trace.events)
    assert state.arrived_door is not None
    assert (state.arrived_door.event_id, state.arrived_door.verified) == ("e2", True)


def test_lost_and_found() -> None:
    lost = derive(FORWARD, lost_and_found().events[:3])
    assert (lost.status, lost.terminal) == (S.LOST, True)
    found = derive(FORWARD, lost_and_found().events)
    assert (found.status, found.terminal, found.epoch) == (S.IN_TRANSIT, False, 2)


def test_a_hold_ends_with_the_next_stage_and_damage_is_remembered() -> None:
    trace = Trace(Leg.FORWARD).add(0, S.PICKED_UP).add(5, S.ON_HOLD)
    assert derive(FORWARD, trace.events).status is S.ON_HOLD
    trace.add(9, S.AT_OUTLET).add(10, S.DAMAGED).add(20, S.IN_TRANSIT)
    state = derive(FORWARD, trace.events)
    assert (state.status, state.damaged) == (S.IN_TRANSIT, True)


def test_misrouted_and_sent_on() -> None:
    trace = Trace(Leg.FORWARD).add(0, S.PICKED_UP).add(50, S.AT_DEST_OUTLET).add(55, S.MISROUTED)
    assert derive(FORWARD, trace.events).status is S.MISROUTED
    assert derive(FORWARD, trace.add(90, S.IN_TRANSIT).events).status is S.IN_TRANSIT


def test_materials_rejected_go_back() -> None:
    state = derive(PICKUP, materials_rejected().events)
    assert (state.status, state.complete, state.terminal, state.holder) == (S.RETURNED, False, True, None)


def test_custody_gap_and_changed_seal() -> None:
    trace = Trace(Leg.FORWARD).add(0, S.PICKED_UP, from_party="hall", to_party="c1", seal_no="YZ0000001")
    trace.add(30, S.AT_OUTLET, from_party="c2", to_party="outlet-7", seal_no="YZ0000002")
    state = derive(FORWARD, trace.events)
    assert state.holder == "outlet-7"
    assert {FindingKind.CUSTODY_GAP, FindingKind.SEAL_CHANGED} <= kinds(state)
    straight = Trace(Leg.FORWARD).add(0, S.PICKED_UP, from_party="hall", to_party="c1")
    straight.add(30, S.AT_OUTLET, from_party="c1", to_party="outlet-7")
    assert derive(FORWARD, straight.events).findings == ()


def test_papers_are_compared_with_the_list() -> None:
    card = PaperLine(name="居民身份证", form=MaterialForm.ORIGINAL, count=1)
    copies = PaperLine(name="户口簿", form=MaterialForm.COPY, count=2)
    assert compare_papers([card, copies], [copies, card]) == ()
    assert compare_papers([card, copies], [card, copies.model_copy(update={"count": 1})]) == (
        PaperDifference(name="户口簿", form=MaterialForm.COPY, expected=2, found=1),
    )
    listed = LegPolicy.of(Leg.PICKUP, DOOR, papers=(card, copies))
    full, short = (Trace().add(0, S.PICKED_UP, manifest=papers).events for papers in ((card, copies), (card,)))
    assert derive(listed, full).findings == ()
    assert kinds(derive(listed, short)) == {FindingKind.PAPERS_DIFFER}


def test_each_stage_is_told_once() -> None:
    events = door_pickup().events
    for cut in range(1, len(events) + 1):
        assert {mark.key for mark in derive(PICKUP, events[:cut]).marks} == {f"1-{one.kind}" for one in events[:cut]}
    assert derive(PICKUP, events + events).marks == derive(PICKUP, events).marks


def test_a_mark_says_when_its_stage_was_said_first_whatever_came_first() -> None:
    events = door_pickup().events
    wanted = {str(event.kind): counted_time(event)[0] for event in reversed(events)}
    for order in (events, events[::-1]):
        assert {str(mark.stage): mark.at for mark in derive(PICKUP, order).marks} == wanted


def test_events_of_another_leg_are_refused() -> None:
    with pytest.raises(ValueError, match="another leg"):
        derive(DELIVERY, door_pickup().events)


def test_only_a_void_voids() -> None:
    with pytest.raises(ValueError, match="VOID"):
        Trace().add(0, S.ACCEPTED, voids="e9")
    with pytest.raises(ValueError, match="VOID"):
        Trace().add(0, Void.VOID)
    event: ScanEvent = Trace().add(0, S.ACCEPTED).events[0]
    assert ScanEvent.model_validate_json(event.model_dump_json()) == event
