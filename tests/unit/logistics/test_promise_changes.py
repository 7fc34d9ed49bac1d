"""The promise of an order that is changed: a new version with its cause; and of one that waits for another address."""

import pytest

from domain.terms import ParcelStage
from logistics.promise import OfferObstacle, evaluate
from logistics.promise_model import Appointment, CauseParty, Clock, Pause, PauseReason, PromiseFacts, VersionCause
from logistics.promise_rules import LegPromise, appended, renewed, state_kept
from tests.unit.logistics.test_promise import NINE_TO_SIX, TERMS, V, at, ordered, scan


def no_door(start, end=None):
    return Pause(id="p", start=start, end=end, reason=PauseReason.ADDRESS_WRONG, evidence="e", recorded_at=start,
                 end_recorded_at=end)  # fmt: skip


def kept(order, now, **more):
    state = evaluate(order, TERMS, NINE_TO_SIX, now, **more)
    made = LegPromise(promised=True, terms=TERMS, accepted_at=order.accepted_at)
    return made.kept(appended((), state, now))


@pytest.mark.parametrize("now", ["10:30", "10:59", "14:00", "17:59"])
def test_nothing_is_broken_while_the_address_is_wrong(now):
    state = evaluate(ordered(at("10:00")), TERMS, NINE_TO_SIX, at(now), pauses=[no_door(at("10:20"))])
    assert (state.verdict, state.clock, state.awaits_address) == (V.ON_TRACK, Clock.PAUSED, True)
    assert state.boundaries == ()
    assert state.adjusted_minutes == 20
    assert [version.cause for version in state.versions] == [VersionCause.ACCEPTED]
    assert state.deadline == at("11:00")  # as it was said last


def test_once_it_is_right_what_was_left_counts_on_and_the_rest_is_the_applicants():
    pauses = [no_door(at("10:20"), at("14:00"))]
    state = evaluate(ordered(at("10:00")), TERMS, NINE_TO_SIX, at("14:10"), pauses=pauses)
    assert (state.verdict, state.deadline, state.awaits_address) == (V.ON_TRACK, at("14:40"), False)
    assert state.versions[-1].cause is VersionCause.PAUSE_ENDED
    assert state.excused == {CauseParty.APPLICANT: 220.0}
    assert not state.over_cap
    late = evaluate(ordered(at("10:00")), TERMS, NINE_TO_SIX, at("14:41"), pauses=pauses)
    assert late.verdict is V.BREACHED


def test_what_was_broken_before_stays_broken_and_the_cap_of_others_is_not_used_up():
    state = evaluate(ordered(at("10:00")), TERMS, NINE_TO_SIX, at("12:00"), pauses=[no_door(at("11:10"))])
    assert state.verdict is V.BREACHED
    wait = Pause(id="w", start=at("14:05"), reason=PauseReason.APPLICANT_WAIT, evidence="e", recorded_at=at("14:05"))
    both = [no_door(at("10:20"), at("14:00")), wait]
    state = evaluate(ordered(at("10:00")), TERMS, NINE_TO_SIX, at("14:30"), pauses=both)
    assert state.deadline == at("15:10")  # 220 minutes for the door, and all 30 of the cap


def test_another_window_is_another_version_and_none_is_lost():
    before = kept(ordered(at("10:00")), at("10:10"))
    waits = LegPromise.of(renewed(before, VersionCause.APPOINTMENT, at("10:15")))
    assert (waits.promised, waits.obstacle) == (False, OfferObstacle.NEEDS_PERSON)
    assert waits.earlier == state_kept(before).versions
    window = Appointment(start=at("15:00"), end=at("15:30"))
    order = ordered(at("10:15"), appointment=window, cause=waits.cause)
    state = appended(waits.earlier, evaluate(order, TERMS, NINE_TO_SIX, at("10:16")), at("10:16"))
    told = [(version.version, version.deadline, version.cause) for version in state.versions]
    assert told == [(1, at("11:00"), VersionCause.ACCEPTED), (2, at("16:00"), VersionCause.APPOINTMENT)]
    assert (state.start, state.clock, state.verdict) == (at("15:00"), Clock.WAITING, V.ON_TRACK)


def test_another_address_says_so_and_counts_from_then():
    order = ordered(at("10:40"), cause=VersionCause.ADDRESS)
    state = evaluate(order, TERMS, NINE_TO_SIX, at("10:41"))
    assert [(version.deadline, version.cause) for version in state.versions] == [(at("11:40"), VersionCause.ADDRESS)]


def test_what_was_kept_or_broken_is_renewed_by_nothing():
    there = PromiseFacts(arrived=scan(ParcelStage.ARRIVED_DOOR, at("10:30")))
    assert renewed(kept(ordered(at("10:00")), at("10:31"), facts=there), VersionCause.ADDRESS, at("10:40")) is None
    assert renewed(kept(ordered(at("10:00")), at("11:30")), VersionCause.ADDRESS, at("11:40")) is None
    assert renewed(None, VersionCause.ADDRESS, at("11:40")) is not None
