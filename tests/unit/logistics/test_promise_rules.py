"""The terms of the day an order came, and a history of deadlines that only grows."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.terms import Leg, MaterialForm
from logistics.outlets import load_outlets
from logistics.promise import OfferObstacle
from logistics.promise_model import (
    Clock,
    PromiseState,
    PromiseTerms,
    PromiseVerdict,
    PromiseVersion,
    VersionCause,
)
from logistics.promise_rules import LegPromise, PromiseRules, appended, state_kept
from logistics.scans import PaperLine
from logistics.service_calendar import CHINA, ServiceCalendar
from logistics.sign_policy import must_sign_self

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def version(number: int, minutes: int, cause: VersionCause, known: int = 0) -> PromiseVersion:
    return PromiseVersion(
        version=number,
        deadline=NOW + timedelta(minutes=minutes),
        cause=cause,
        known_at=NOW + timedelta(minutes=known),
    )


def state(*versions: PromiseVersion) -> PromiseState:
    return PromiseState(
        verdict=PromiseVerdict.ON_TRACK,
        clock=Clock.RUNNING,
        start=NOW,
        deadline=versions[-1].deadline,
        provisional=False,
        stopped_at=None,
        stopped_by=None,
        verified=False,
        raw_minutes=1,
        adjusted_minutes=1,
        handover_minutes=None,
        excused={},
        over_cap=False,
        versions=versions,
        boundaries=(),
    )


@pytest.mark.parametrize(
    ("leg", "minutes"), [(Leg.PICKUP, 45), (Leg.DELIVERY, 90), (Leg.BACK, None), (Leg.FORWARD, None)]
)
def test_each_kind_of_door_leg_has_its_own_minutes(leg: Leg, minutes: int | None) -> None:
    terms = PromiseRules(pickup_minutes=45, delivery_minutes=90).terms(leg, 2.0)
    assert (terms.minutes if terms else None) == minutes
    assert terms is None or terms.time_scale == 2


def test_a_kind_can_be_switched_off_and_is_warned_of_within_its_minutes() -> None:
    assert PromiseRules(pickup_minutes=0).terms(Leg.PICKUP) is None
    terms = PromiseRules(delivery_minutes=10).terms(Leg.DELIVERY)
    assert terms is not None
    assert terms.warn_minutes == 10


@pytest.mark.parametrize("leg", [Leg.PICKUP, Leg.DELIVERY])
def test_a_district_that_sets_nothing_promises_as_the_terms_stand(leg: Leg) -> None:
    assert PromiseRules().terms(leg) == PromiseTerms()


def test_a_district_may_excuse_no_pause() -> None:
    terms = PromiseRules(pause_cap_minutes=0).terms(Leg.PICKUP)
    assert terms is not None
    assert terms.pause_cap_minutes == 0


def test_what_is_kept_comes_back() -> None:
    made = LegPromise(
        promised=True, terms=PromiseTerms(minutes=45), accepted_at=NOW, area="datongjie", evaluated_at=NOW
    )
    found = state(version(1, 45, VersionCause.ACCEPTED))
    kept = made.kept(found)
    assert LegPromise.of(kept) == made
    assert state_kept(kept) == found
    nothing = LegPromise(promised=False, obstacle=OfferObstacle.OUTSIDE_DISTRICT).kept()
    assert state_kept(nothing) is None
    assert "verdict" not in nothing


def test_versions_are_added_and_never_lost() -> None:
    first = version(1, 60, VersionCause.ACCEPTED)
    paused = version(2, 70, VersionCause.PAUSE, known=10)
    after = appended((first,), state(first, paused), NOW)
    assert after.versions == (first, paused)
    # The pause was voided: an evaluation from the log alone would know of one version.
    later = NOW + timedelta(minutes=20)
    corrected = appended(after.versions, state(first), later)
    assert [v.cause for v in corrected.versions] == ["accepted", "pause", "corrected"]
    assert [v.version for v in corrected.versions] == [1, 2, 3]
    assert (corrected.versions[-1].deadline, corrected.versions[-1].known_at) == (first.deadline, later)
    assert appended(corrected.versions, state(first), later).versions == corrected.versions


@pytest.mark.parametrize(
    ("name", "form", "only_self"),
    [
        ("居民身份证", MaterialForm.ORIGINAL, True),
        ("居民身份证", MaterialForm.COPY, False),
        ("食品经营许可证", MaterialForm.ORIGINAL, False),
        ("居民户口簿", MaterialForm.ORIGINAL, True),
    ],
)
def test_who_may_sign_is_said_per_paper(name: str, form: MaterialForm, only_self: bool) -> None:
    papers = [PaperLine(name="申请表", form=MaterialForm.FORM, count=1), PaperLine(name=name, form=form, count=1)]
    assert must_sign_self(papers) is only_self


def is_open(calendar: ServiceCalendar, at: datetime) -> bool:
    return next(calendar.stretches_from(at))[0] == at


def test_an_outlets_hours_make_its_calendar() -> None:
    outlet = load_outlets()[0].model_copy(update={"weekend_hours": ()})
    calendar = outlet.calendar({datetime(2026, 11, 28).date(): True})  # noqa: DTZ001 — a date
    assert is_open(calendar, datetime(2026, 11, 23, 10, tzinfo=CHINA))
    assert is_open(calendar, datetime(2026, 11, 28, 10, tzinfo=CHINA))  # a Saturday that is worked
    assert not is_open(calendar, datetime(2026, 11, 29, 10, tzinfo=CHINA))
