"""The one-hour promise: every example of courier.md §4 and its edges."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import Leg, ParcelStage
from logistics.milestones import Milestone
from logistics.promise import OfferObstacle, evaluate, offer
from logistics.promise_model import (
    Appointment,
    AreaSuspension,
    CauseParty,
    Clock,
    Pause,
    PauseReason,
    PlannedArrival,
    PromiseFacts,
    PromiseOrder,
    PromiseState,
    PromiseTerms,
    PromiseVerdict,
    VersionCause,
)
from logistics.service_calendar import CHINA, ServiceCalendar
from tests.unit.logistics.parcel_traces import DOOR

S = ParcelStage
V = PromiseVerdict
TERMS = PromiseTerms()
NINE_TO_SIX = ServiceCalendar.from_working_days(["09:00-18:00"])
TO_SEVEN = ServiceCalendar.from_working_days(["09:00-19:00"])
LUNCH = ServiceCalendar.from_working_days(["09:00-12:00", "14:00-18:00"])
MONDAY = datetime(2026, 11, 23, tzinfo=CHINA)


def at(clock: str, day: int = 0) -> datetime:
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


def ordered(when: datetime, **fields: Any) -> PromiseOrder:
    return PromiseOrder(leg=Leg.PICKUP, accepted_at=when, point=DOOR, outlet_id="jiefangbei", **fields)


def scan(
    stage: ParcelStage,
    when: datetime,
    uploaded: datetime | None = None,
    *,
    verified: bool = True,
    inferred: bool = False,
) -> Milestone:
    return Milestone(
        stage=stage,
        epoch=1,
        at=None if inferred else when,
        not_after=when,
        recorded_at=uploaded or when,
        event_id="e1",
        verified=verified and not inferred,
        inferred=inferred,
    )


def arrived(when: datetime, uploaded: datetime | None = None) -> PromiseFacts:
    return PromiseFacts(arrived=scan(S.ARRIVED_DOOR, when, uploaded))


def pause(start: datetime, end: datetime | None, id_: str = "p1", **fields: Any) -> Pause:
    reason = fields.pop("reason", PauseReason.APPLICANT_WAIT)
    return Pause(id=id_, start=start, end=end, reason=reason, evidence="proof", recorded_at=start, **fields)


def suspended(start: datetime, end: datetime, **fields: Any) -> AreaSuspension:
    values = {
        "declared_at": start,
        "declared_by": "supervisor",
        "source_no": "渝气象预警1号",
        "outlets": {"jiefangbei"},
    }
    return AreaSuspension(id=fields.pop("id", "s1"), start=start, end=end, **values | fields)


def state(order: PromiseOrder, calendar: ServiceCalendar, now: datetime, **known: Any) -> PromiseState:
    return evaluate(order, known.pop("terms", TERMS), calendar, now, **known)


# --- start, closed hours ---------------------------------------------------------------------------------------


def test_an_hour_within_hours() -> None:
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("10:20"))
    assert (found.start, found.deadline, found.verdict) == (at("10:00"), at("11:00"), V.ON_TRACK)
    assert (found.raw_minutes, found.adjusted_minutes, found.clock) == (20, 20, Clock.RUNNING)


@pytest.mark.parametrize(
    ("calendar", "when", "start"),
    [
        # closing at 19:00: the last order is taken at 18:00:00 sharp
        (TO_SEVEN, at("17:59:59"), at("17:59:59")),
        (TO_SEVEN, at("18:00:00"), at("18:00:00")),
        (TO_SEVEN, at("18:00:01"), at("09:00", 1)),
        # closing at 18:00: both come after the last order
        (NINE_TO_SIX, at("17:59:59"), at("09:00", 1)),
        (NINE_TO_SIX, at("18:00:00"), at("09:00", 1)),
        (NINE_TO_SIX, at("17:00:00"), at("17:00:00")),
        (NINE_TO_SIX, at("08:59:59"), at("09:00")),
        (NINE_TO_SIX, at("17:30", 4), at("09:00", 7)),  # Friday evening
    ],
)
def test_the_last_order_of_the_day(calendar: ServiceCalendar, when: datetime, start: datetime) -> None:
    found = state(ordered(when), calendar, when)
    assert (found.start, found.deadline) == (start, start + timedelta(hours=1))
    assert found.clock is (Clock.RUNNING if start == when else Clock.WAITING)


def test_the_break_at_noon_does_not_count() -> None:
    found = state(ordered(at("11:30")), LUNCH, at("13:00"))
    assert (found.deadline, found.adjusted_minutes, found.raw_minutes) == (at("14:30"), 30, 90)


def test_the_eve_of_national_day_and_the_make_up_day() -> None:
    """2026: 国庆 from 1 to 7 October; Saturday 10 October is worked instead."""
    holiday = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}
    calendar = ServiceCalendar.from_working_days(["09:00-18:00"], swapped=holiday)
    eve = datetime(2026, 9, 30, 17, 30, tzinfo=CHINA)
    assert state(ordered(eve), calendar, eve).deadline == datetime(2026, 10, 8, 10, 0, tzinfo=CHINA)
    on_time = eve.replace(hour=16, minute=59)
    assert state(ordered(on_time), calendar, on_time).deadline == datetime(2026, 9, 30, 17, 59, tzinfo=CHINA)
    friday_evening = datetime(2026, 10, 9, 17, 30, tzinfo=CHINA)
    assert state(ordered(friday_evening), calendar, friday_evening).start == datetime(2026, 10, 10, 9, tzinfo=CHINA)
    sunday = datetime(2026, 10, 11, 10, tzinfo=CHINA)
    assert state(ordered(sunday), calendar, sunday).start == datetime(2026, 10, 12, 9, tzinfo=CHINA)


def test_a_make_up_sunday_is_worked() -> None:
    calendar = ServiceCalendar.from_working_days(["09:00-18:00"], swapped={date(2026, 9, 20): True})
    sunday = datetime(2026, 9, 20, 10, tzinfo=CHINA)
    assert state(ordered(sunday), calendar, sunday).deadline == sunday + timedelta(hours=1)


# --- appointments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "deadline"),
    [(("14:00", "14:30"), at("15:00")), (("14:00", "16:00"), at("16:00")), (("17:15", "18:00"), at("09:15", 1))],
)
def test_an_appointment_starts_with_its_window(window: tuple[str, str], deadline: datetime) -> None:
    chosen = Appointment(start=at(window[0]), end=at(window[1]))
    found = state(ordered(at("09:30"), appointment=chosen), NINE_TO_SIX, at("09:30"))
    assert (found.start, found.deadline, found.clock) == (at(window[0]), deadline, Clock.WAITING)
    assert found.versions[0].cause is VersionCause.APPOINTMENT
    assert found.raw_minutes == 0


def test_an_appointment_that_has_begun_starts_with_the_order() -> None:
    chosen = Appointment(start=at("09:00"), end=at("10:00"))
    assert state(ordered(at("09:45"), appointment=chosen), NINE_TO_SIX, at("09:45")).deadline == at("10:45")


# --- stop ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "verdict"),
    [(at("10:30"), V.KEPT), (at("11:00"), V.KEPT), (at("11:00:01"), V.BREACHED)],
)
def test_the_arrival_stops_the_clock(when: datetime, verdict: PromiseVerdict) -> None:
    known = PromiseFacts(arrived=scan(S.ARRIVED_DOOR, when), handed_over=scan(S.PICKED_UP, when + timedelta(minutes=4)))
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("11:30"), facts=known)
    assert (found.verdict, found.stopped_by, found.verified, found.clock) == (
        verdict,
        S.ARRIVED_DOOR,
        True,
        Clock.STOPPED,
    )
    assert found.adjusted_minutes == (when - at("10:00")).total_seconds() / 60
    assert found.handover_minutes == found.adjusted_minutes + 4  # the second figure
    assert found.next_boundary(at("10:01")) is None


def test_an_unproved_arrival_leaves_it_to_the_pickup() -> None:
    said = scan(S.ARRIVED_DOOR, at("10:50"), verified=False)
    waiting = state(ordered(at("10:00")), NINE_TO_SIX, at("10:55"), facts=PromiseFacts(arrived=said))
    assert (waiting.verdict, waiting.stopped_at) == (V.AT_RISK, None)
    both = PromiseFacts(arrived=said, handed_over=scan(S.PICKED_UP, at("11:05")))
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("11:10"), facts=both)
    assert (found.verdict, found.stopped_by, found.stopped_at) == (V.BREACHED, S.PICKED_UP, at("11:05"))


@pytest.mark.parametrize(("latest", "verdict"), [(at("10:58"), V.KEPT), (at("11:30"), V.BREACHED)])
def test_an_inferred_pickup_counts_at_its_latest_and_proves_nothing(latest: datetime, verdict: PromiseVerdict) -> None:
    known = PromiseFacts(handed_over=scan(S.PICKED_UP, latest, inferred=True))
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("12:00"), facts=known)
    assert (found.verdict, found.verified, found.handover_minutes) == (verdict, False, None)


def test_a_late_upload_turns_a_breach_into_kept() -> None:
    order = ordered(at("10:00"))
    breach = state(order, NINE_TO_SIX, at("11:20"))
    assert (breach.verdict, breach.provisional, breach.final) == (V.BREACHED, True, False)
    late = state(order, NINE_TO_SIX, at("11:40"), facts=arrived(at("10:55"), uploaded=at("11:35")))
    assert (late.verdict, late.stopped_at, late.provisional, late.final) == (
        V.KEPT_LATE_UPLOAD,
        at("10:55"),
        False,
        True,
    )


@pytest.mark.parametrize(
    ("synced", "provisional"), [(None, True), (at("10:59"), True), (at("11:00"), False), (at("11:10"), False)]
)
def test_a_breach_is_provisional_until_the_devices_have_passed_it(synced: datetime | None, provisional: bool) -> None:
    known = PromiseFacts(synced_through=synced)
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("11:20"), facts=known)
    assert (found.verdict, found.provisional, found.final) == (V.BREACHED, provisional, not provisional)


def test_nothing_is_known_before_it_is_uploaded() -> None:
    known = arrived(at("10:55"), uploaded=at("11:35"))
    assert state(ordered(at("10:00")), NINE_TO_SIX, at("11:20"), facts=known).verdict is V.BREACHED


@pytest.mark.parametrize(("when", "verdict"), [(at("10:30"), V.CANCELLED), (at("11:30"), V.BREACHED)])
def test_a_cancelled_order_is_not_judged_unless_it_was_late_already(when: datetime, verdict: PromiseVerdict) -> None:
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("12:00"), facts=PromiseFacts(cancelled_at=when))
    assert found.verdict is verdict


# --- pauses ----------------------------------------------------------------------------------------------------


def test_a_pause_moves_the_deadline_and_keeps_the_rest() -> None:
    known = [pause(at("10:20"), at("10:30"))]
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("10:40"), pauses=known)
    assert (found.deadline, found.adjusted_minutes, found.raw_minutes) == (at("11:10"), 30, 40)
    assert found.excused == {CauseParty.APPLICANT: 10}


def test_a_pause_across_the_closing() -> None:
    """17:50 to 9:10: twenty minutes that would have counted; the night counts nowhere."""
    known = [pause(at("17:50"), at("09:10", 1))]
    found = state(ordered(at("17:00")), NINE_TO_SIX, at("09:15", 1), pauses=known)
    assert found.deadline == at("09:20", 1)
    assert (found.adjusted_minutes, found.excused, found.over_cap) == (55, {CauseParty.APPLICANT: 20}, False)


def test_the_end_of_a_pause_is_lost() -> None:
    order, known = ordered(at("10:00")), [pause(at("10:10"), None)]
    during = state(order, NINE_TO_SIX, at("10:25"), pauses=known)
    assert (during.clock, during.adjusted_minutes, during.deadline) == (Clock.PAUSED, 10, at("11:30"))
    assert during.next_boundary(at("10:25")) == at("10:40")
    after = state(order, NINE_TO_SIX, at("10:50"), pauses=known)
    assert (after.clock, after.adjusted_minutes, after.deadline, after.over_cap) == (
        Clock.RUNNING,
        20,
        at("11:30"),
        True,
    )


def test_the_cap_is_of_the_order_not_of_the_pause() -> None:
    known = [pause(at("10:10"), at("10:30"), "p1"), pause(at("10:35"), at("10:55"), "p2")]
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("11:00"), pauses=known)
    assert (found.deadline, found.over_cap, found.excused) == (at("11:30"), True, {CauseParty.APPLICANT: 30})


def test_overlapping_pauses_are_united() -> None:
    known = [pause(at("10:10"), at("10:25"), "p1"), pause(at("10:20"), at("10:30"), "p2")]
    assert state(ordered(at("10:00")), NINE_TO_SIX, at("10:40"), pauses=known).deadline == at("11:20")


def test_pauses_count_alike_in_whatever_order_they_are_named() -> None:
    known = [pause(at("10:10"), at("10:15"), "p1"), pause(at("10:30"), at("10:40"), "p2")]
    order, now = ordered(at("10:00")), at("11:00")
    assert state(order, NINE_TO_SIX, now, pauses=known) == state(order, NINE_TO_SIX, now, pauses=known[::-1])


def test_a_cap_of_nothing_excuses_no_pause() -> None:
    strict, known = PromiseTerms(pause_cap_minutes=0), [pause(at("10:10"), at("10:30"))]
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("10:40"), terms=strict, pauses=known)
    assert (found.deadline, found.excused, found.over_cap) == (at("11:00"), {}, True)


def test_a_pause_that_ended_early_is_given_back() -> None:
    known = [pause(at("10:10"), at("10:15"))]
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("10:30"), pauses=known)
    assert [(each.version, each.deadline, each.cause) for each in found.versions] == [
        (1, at("11:00"), VersionCause.ACCEPTED),
        (2, at("11:30"), VersionCause.PAUSE),
        (3, at("11:05"), VersionCause.PAUSE_ENDED),
    ]


# --- suspensions -----------------------------------------------------------------------------------------------


def test_two_overlapping_suspensions_are_united_not_added() -> None:
    known = [suspended(at("10:10"), at("10:40")), suspended(at("10:30"), at("11:00"), id="s2")]
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("11:10"), suspensions=known)
    assert (found.deadline, found.adjusted_minutes) == (at("11:50"), 20)
    assert found.excused == {CauseParty.FORCE_MAJEURE: 50}
    assert [each.deadline for each in found.versions] == [at("11:00"), at("11:30"), at("11:50")]
    assert state(ordered(at("10:00")), NINE_TO_SIX, at("10:20"), suspensions=known).clock is Clock.SUSPENDED


def test_a_pause_within_a_suspension_is_excused_once_and_spares_the_cap() -> None:
    known = [suspended(at("10:10"), at("10:40"))]
    waits = [pause(at("10:20"), at("10:50"))]
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("11:00"), suspensions=known, pauses=waits)
    assert found.excused == {CauseParty.FORCE_MAJEURE: 30, CauseParty.APPLICANT: 10}
    assert (found.deadline, found.over_cap) == (at("11:40"), False)


def test_a_suspension_delays_the_start_of_new_orders() -> None:
    storm = [suspended(at("10:00"), at("12:00"))]
    found = state(ordered(at("10:30")), NINE_TO_SIX, at("10:30"), suspensions=storm)
    assert (found.start, found.deadline, found.clock) == (at("12:00"), at("13:00"), Clock.WAITING)
    assert state(ordered(at("10:00")), NINE_TO_SIX, at("10:00"), suspensions=storm).start == at("12:00")
    evening = [suspended(at("15:00"), at("17:30"))]
    assert state(ordered(at("16:00")), NINE_TO_SIX, at("16:00"), suspensions=evening).start == at("09:00", 1)


@pytest.mark.parametrize(
    ("withdrawn", "cause"), [(False, VersionCause.SUSPENSION_ENDED), (True, VersionCause.SUSPENSION_WITHDRAWN)]
)
def test_one_that_is_ended_early_counts_no_further_and_what_it_excused_stays(
    withdrawn: bool, cause: VersionCause
) -> None:
    known = suspended(at("10:10"), at("12:00"), ended_at=at("10:40"), withdrawn=withdrawn)
    before = state(ordered(at("10:00")), NINE_TO_SIX, at("10:30"), suspensions=[known])
    assert (before.deadline, before.clock) == (at("12:50"), Clock.SUSPENDED)
    after = state(ordered(at("10:00")), NINE_TO_SIX, at("11:00"), suspensions=[known])
    assert (after.deadline, after.clock, after.excused) == (
        at("11:30"),
        Clock.RUNNING,
        {CauseParty.FORCE_MAJEURE: 30},
    )
    assert [(each.deadline, each.cause, each.known_at) for each in after.versions] == [
        (at("11:00"), VersionCause.ACCEPTED, at("10:00")),
        (at("12:50"), VersionCause.SUSPENSION, at("10:10")),
        (at("11:30"), cause, at("10:40")),
    ]


def test_one_that_is_ended_before_it_begins_moves_nothing() -> None:
    known = suspended(at("10:30"), at("12:00"), declared_at=at("10:10"), ended_at=at("10:20"))
    found = state(ordered(at("10:00")), NINE_TO_SIX, at("10:40"), suspensions=[known])
    assert (found.deadline, found.excused) == (at("11:00"), {})
    assert [each.deadline for each in found.versions] == [at("11:00"), at("12:30"), at("11:00")]


def test_an_order_that_waited_for_its_end_begins_when_it_is_ended() -> None:
    known = suspended(at("09:00"), at("17:30"), ended_at=at("11:00"))
    during = state(ordered(at("10:00")), NINE_TO_SIX, at("10:30"), suspensions=[known])
    assert (during.start, during.deadline) == (at("09:00", 1), at("10:00", 1))
    after = state(ordered(at("10:00")), NINE_TO_SIX, at("11:10"), suspensions=[known])
    assert (after.start, after.deadline, after.clock) == (at("11:00"), at("12:00"), Clock.RUNNING)
    assert [each.deadline for each in after.versions] == [at("10:00", 1), at("12:00")]


def test_back_dating_is_cut_at_a_quarter_of_an_hour() -> None:
    known = suspended(at("10:00"), at("11:00"), declared_at=at("10:30"))
    found = state(ordered(at("09:50")), NINE_TO_SIX, at("11:00"), suspensions=[known])
    assert found.excused == {CauseParty.FORCE_MAJEURE: 45}
    never = PromiseTerms(backdate_minutes=0)
    found = state(ordered(at("09:50")), NINE_TO_SIX, at("11:00"), terms=never, suspensions=[known])
    assert found.excused == {CauseParty.FORCE_MAJEURE: 30}


def test_a_suspension_concerns_its_outlets_and_its_polygon_only() -> None:
    elsewhere = suspended(at("10:10"), at("10:40"), outlets={"daping"})
    around = ((29.55, 106.57), (29.55, 106.58), (29.56, 106.58), (29.56, 106.57))
    polygon = suspended(at("10:10"), at("10:40"), outlets=set(), outline=around)
    order = ordered(at("10:00"))
    assert state(order, NINE_TO_SIX, at("10:50"), suspensions=[elsewhere]).excused == {}
    assert state(order, NINE_TO_SIX, at("10:50"), suspensions=[polygon]).excused == {CauseParty.FORCE_MAJEURE: 30}
    beside = polygon.model_copy(update={"outline": tuple((lat - 0.01, lon) for lat, lon in around)})
    assert state(order, NINE_TO_SIX, at("10:50"), suspensions=[beside]).excused == {}
    with pytest.raises(ValueError, match="polygon"):
        suspended(at("10:10"), at("10:40"), outlets=set())


def test_three_corners_are_an_area_and_two_are_none() -> None:
    corners = ((29.55, 106.57), (29.55, 106.59), (29.57, 106.57))
    assert suspended(at("10:10"), at("10:40"), outlets=set(), outline=corners).covers(ordered(at("10:00")))
    with pytest.raises(ValueError, match="three corners"):
        suspended(at("10:10"), at("10:40"), outlets=set(), outline=corners[:2])


def test_a_suspension_is_somebodys_however_short_the_name() -> None:
    assert suspended(at("10:10"), at("10:40"), declared_by="李").declared_by == "李"
    with pytest.raises(ValueError, match="declared_by"):
        suspended(at("10:10"), at("10:40"), declared_by="")


# --- risk, boundaries, versions --------------------------------------------------------------------------------


def test_risk_comes_from_the_plan() -> None:
    order = ordered(at("10:00"))
    late = PlannedArrival(eta_p50=at("10:50"), eta_p90=at("11:02"))
    good = PlannedArrival(eta_p50=at("10:40"), eta_p90=at("10:52"))
    assert state(order, NINE_TO_SIX, at("10:05"), plan=late).verdict is V.AT_RISK  # 55 minutes ahead
    assert state(order, NINE_TO_SIX, at("10:51"), plan=good).verdict is V.ON_TRACK  # late in the hour, well planned
    overdue = state(order, NINE_TO_SIX, at("10:52"), plan=good)
    assert overdue.verdict is V.AT_RISK
    ahead = state(order, NINE_TO_SIX, at("10:05"), plan=good)
    assert ahead.next_boundary(at("10:05")) == at("10:45")  # a quarter of an hour ahead the plan is looked at again
    assert ahead.next_boundary(at("10:45")) == at("10:52")


def test_an_estimate_widens_with_the_time_ahead_and_narrows_with_the_rides() -> None:
    one = PlannedArrival.estimated(at("10:50"), at("10:00"))
    many = PlannedArrival.estimated(at("10:50"), at("10:00"), rides=9)
    assert (
        one.eta_p50
        == many.eta_p50
        == at("10:50")
        < many.eta_p90
        < one.eta_p90
        == pytest.approx(at("10:00") + timedelta(minutes=73.4), abs=timedelta(minutes=0.1))
    )
    assert PlannedArrival.estimated(at("10:00"), at("10:10")).eta_p90 == at("10:00")


def test_without_a_plan_it_warns_a_quarter_of_an_hour_ahead() -> None:
    order = ordered(at("10:00"))
    assert state(order, NINE_TO_SIX, at("10:44:59")).verdict is V.ON_TRACK
    assert state(order, NINE_TO_SIX, at("10:45")).verdict is V.AT_RISK


def test_the_timer_walks_through_all_boundaries_and_ends() -> None:
    order, now, seen = ordered(at("08:00")), at("08:00"), []
    while True:
        found = state(order, NINE_TO_SIX, now)
        boundary = found.next_boundary(now)
        seen.append((found.clock, found.verdict))
        if boundary is None:
            break
        assert boundary > now
        now = boundary
    assert now == at("10:00")
    assert seen == [
        (Clock.WAITING, V.ON_TRACK),
        (Clock.RUNNING, V.ON_TRACK),
        (Clock.RUNNING, V.AT_RISK),
        (Clock.RUNNING, V.BREACHED),
    ]


def test_versions_are_only_appended() -> None:
    order = ordered(at("10:00"))
    known = {
        "pauses": [pause(at("10:10"), at("10:15")), pause(at("10:32"), at("10:40"), "p2")],
        "suspensions": [suspended(at("10:20"), at("10:30"))],
    }
    history = [state(order, NINE_TO_SIX, at("10:00") + timedelta(minutes=m), **known).versions for m in range(60)]
    for earlier, later in pairwise(history):
        assert later[: len(earlier)] == earlier
    assert [each.version for each in history[-1]] == list(range(1, len(history[-1]) + 1))
    assert history[-1][-1].deadline == at("11:23")


# --- time scale ------------------------------------------------------------------------------------------------


def test_accelerated_time_divides_every_duration_and_never_closes() -> None:
    fast = PromiseTerms(time_scale=60)
    night = at("02:00")
    found = evaluate(ordered(night), fast, NINE_TO_SIX, night + timedelta(seconds=20))
    assert (found.deadline, found.adjusted_minutes) == (night + timedelta(seconds=60), 20)
    assert found.next_boundary(night) == night + timedelta(seconds=45)
    open_pause = [pause(night + timedelta(seconds=10), None)]
    assert evaluate(ordered(night), fast, NINE_TO_SIX, night + timedelta(seconds=20), pauses=open_pause).deadline == (
        night + timedelta(seconds=90)
    )


@given(
    st.integers(0, 2000), st.integers(0, 300), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=4)
)
def test_raw_is_never_less_than_adjusted_and_the_deadline_never_earlier_than_an_hour(
    start_min: int, after_min: int, waits: list[tuple[int, int]]
) -> None:
    accepted = MONDAY + timedelta(minutes=start_min)
    now = accepted + timedelta(minutes=after_min)
    known = [
        pause(accepted + timedelta(minutes=s), accepted + timedelta(minutes=s + d), f"p{i}")
        for i, (s, d) in enumerate(waits)
    ]
    found = state(ordered(accepted), LUNCH, now, pauses=known)
    assert found.adjusted_minutes <= found.raw_minutes + 1e-9
    assert found.deadline >= accepted + timedelta(hours=1)
    assert sum(found.excused.values()) <= 30
    assert found.versions[-1].deadline == found.deadline


# --- the offer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("in_district", "eta", "obstacle"),
    [
        (True, "10:40", None),
        (True, "11:00", None),
        (True, None, None),
        (True, "11:01", OfferObstacle.PLAN_TOO_LATE),
        (False, "10:40", OfferObstacle.OUTSIDE_DISTRICT),
        (None, "10:40", OfferObstacle.NEEDS_PERSON),
    ],
)
def test_what_may_be_promised(in_district: bool | None, eta: str | None, obstacle: OfferObstacle | None) -> None:
    plan = PlannedArrival(eta_p50=at(eta), eta_p90=at(eta)) if eta else None
    found = offer(ordered(at("10:00")), TERMS, NINE_TO_SIX, in_district=in_district, plan=plan)
    assert (found.obstacle, found.promised, found.deadline) == (obstacle, obstacle is None, at("11:00"))
    assert not found.starts_later


def test_the_offer_shows_tomorrow_before_anybody_confirms() -> None:
    found = offer(ordered(at("17:30")), TERMS, NINE_TO_SIX, in_district=True)
    assert (found.starts_later, found.start, found.deadline) == (True, at("09:00", 1), at("10:00", 1))
