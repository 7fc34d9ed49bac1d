"""From scans to the promise, end to end in pure code: late upload, pauses, cancellation, figures."""

from datetime import timedelta

from domain.terms import Leg, ParcelStage, SignerKind
from logistics.parcels import ParcelState, derive
from logistics.promise import evaluate
from logistics.promise_facts import facts_of, pauses_of
from logistics.promise_model import CauseParty, PauseReason, PromiseOrder, PromiseState, PromiseTerms, PromiseVerdict
from logistics.promise_report import report
from logistics.service_calendar import ServiceCalendar
from tests.unit.logistics.parcel_traces import AT_DOOR, DELIVERY, FAR, PICKUP, TEN, Trace

S = ParcelStage
CALENDAR = ServiceCalendar.from_working_days(["09:00-18:00"])


def promise(state: ParcelState, minute: float) -> PromiseState:
    """The order came at ten."""
    order = PromiseOrder(leg=state.leg, accepted_at=TEN)
    now = TEN + timedelta(minutes=minute)
    return evaluate(order, PromiseTerms(), CALENDAR, now, facts=facts_of(state), pauses=pauses_of(state))


def test_a_late_uploaded_arrival_from_the_scans() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(5, S.EN_ROUTE)
    assert promise(derive(PICKUP, trace.events), 65).verdict is PromiseVerdict.BREACHED
    trace.add(50, S.ARRIVED_DOOR, gps=AT_DOOR, uploaded=90).add(53, S.PICKED_UP, uploaded=90)
    found = promise(derive(PICKUP, trace.events), 95)
    assert (found.verdict, found.adjusted_minutes, found.handover_minutes) == (PromiseVerdict.KEPT_LATE_UPLOAD, 50, 53)


def test_a_delivery_stops_at_the_applicants_door_not_at_the_hall() -> None:
    trace = Trace(Leg.DELIVERY).add(0, S.ACCEPTED).add(10, S.PICKED_UP).add(12, S.OUT_FOR_DELIVERY)
    assert promise(derive(DELIVERY, trace.events), 20).stopped_at is None
    trace.add(40, S.ARRIVED_DOOR, gps=FAR).add(45, S.DELIVERED, signer_kind=SignerKind.SELF)
    found = promise(derive(DELIVERY, trace.events), 50)
    assert (found.stopped_by, found.adjusted_minutes) == (S.DELIVERED, 45)


def test_a_failed_visit_still_was_at_the_door() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(30, S.ARRIVED_DOOR, gps=AT_DOOR).add(35, S.PICKUP_FAILED)
    assert promise(derive(PICKUP, trace.events), 90).verdict is PromiseVerdict.KEPT


def test_holds_with_a_reason_are_pauses() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(10, S.ON_HOLD, note=PauseReason.APPLICANT_WAIT.value)
    trace.add(25, S.EN_ROUTE).add(30, S.ON_HOLD, note="truck broken")
    state = derive(PICKUP, trace.events)
    (only,) = pauses_of(state)
    assert (only.start, only.end, only.evidence) == (TEN + timedelta(minutes=10), TEN + timedelta(minutes=25), "e2")
    found = promise(state, 40)
    assert (found.deadline, found.excused) == (TEN + timedelta(minutes=75), {CauseParty.APPLICANT: 15})
    open_end = derive(PICKUP, trace.events[:2])
    assert pauses_of(open_end)[0].end is None


def test_a_cancelled_order_is_not_judged_but_a_pickup_in_the_race_is() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED)
    assert promise(derive(PICKUP, trace.events), 90).verdict is PromiseVerdict.CANCELLED
    trace.add(3, S.PICKED_UP, uploaded=30)
    found = promise(derive(PICKUP, trace.events), 90)
    assert (found.verdict, found.handover_minutes) == (PromiseVerdict.KEPT, 3)


def test_the_end_of_a_pause_is_known_no_earlier_than_the_pause() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(10, S.ON_HOLD, note=PauseReason.APPLICANT_WAIT.value, uploaded=40)
    (only,) = pauses_of(derive(PICKUP, trace.add(25, S.EN_ROUTE, uploaded=30).events))
    assert only.recorded_at == only.end_known_at == TEN + timedelta(minutes=40)


def test_what_happens_on_the_way_back_cancels_no_later() -> None:
    """Cancelled within the hour while the courier had it; the return begins after the hour."""
    trace = Trace(Leg.DELIVERY).add(0, S.ACCEPTED).add(10, S.PICKED_UP).add(20, S.CANCELLED).add(70, S.RETURNING)
    state = derive(DELIVERY, trace.events)
    assert (state.return_required, state.side) == (True, S.RETURNING)
    assert promise(state, 90).verdict is PromiseVerdict.CANCELLED


def test_figures_over_a_day() -> None:
    kept = Trace().add(0, S.ACCEPTED).add(30, S.ARRIVED_DOOR, gps=AT_DOOR)
    unproved = Trace().add(0, S.ACCEPTED).add(40, S.ARRIVED_DOOR, gps=FAR).add(50, S.PICKED_UP, proofs_pending=True)
    late = Trace().add(0, S.ACCEPTED).add(10, S.ON_HOLD, note="applicant_wait").add(30, S.EN_ROUTE)
    late.add(100, S.ARRIVED_DOOR, gps=AT_DOOR)
    gone = Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED)
    open_one = Trace().add(0, S.ACCEPTED)
    states = [promise(derive(PICKUP, each.events), 120) for each in (kept, unproved, late, gone)]
    found = report([*states, promise(derive(PICKUP, open_one.events), 20)])
    assert (found.judged, found.kept_share, found.verified_share) == (3, 2 / 3, 2 / 3)
    assert found.mean_raw_minutes == (30 + 50 + 100) / 3
    assert found.mean_adjusted_minutes == (30 + 50 + 80) / 3
    assert found.excused_share == {CauseParty.APPLICANT: 20 / 180}
    assert found.needs_note
    assert not report(states, excused_limit=0.2).needs_note
    assert not report(states, excused_limit=20 / 180).needs_note  # as much as may be
    assert (report([]).kept_share, report([]).excused_share) == (None, {})


def test_an_arrival_that_was_uploaded_late_was_kept_all_the_same() -> None:
    trace = Trace().add(0, S.ACCEPTED).add(50, S.ARRIVED_DOOR, gps=AT_DOOR, uploaded=90)
    found = report([promise(derive(PICKUP, trace.events), 95)])
    assert (found.verdicts, found.judged, found.kept_share) == ({PromiseVerdict.KEPT_LATE_UPLOAD: 1}, 1, 1)
