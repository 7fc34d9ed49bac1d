"""The Dispatcher's calls one by one: who is sent where, and what every report does (interfaces.md)."""

import math

import pytest
from pydantic import ValidationError

from logistics import DispatchCourier, Dispatcher, DispatchJob
from logistics.dispatch import UnknownCourierError, UnknownJobError

WEST, EAST = DispatchCourier("west", -2000, 0), DispatchCourier("east", 2000, 0)


def travel(x0: float, y0: float, x1: float, y1: float) -> float:
    return math.hypot(x1 - x0, y1 - y0) / 3.0


def job(id: str, x: float, y: float = 0.0, released: float = 0.0, **more: object) -> DispatchJob:
    return DispatchJob(id, x, y, released, released + 3600, **more)  # type: ignore[arg-type]


def serve(dispatcher: Dispatcher, now: float, courier: str, job_id: str) -> None:
    dispatcher.arrived(now, courier, job_id)
    dispatcher.finished(now + 180, courier, job_id)


def test_the_nearer_idle_courier_goes_and_the_other_waits() -> None:
    dispatcher = Dispatcher([WEST, EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    assert dispatcher.next_job(0.0, "west") is None
    assert dispatcher.next_job(0.0, "east") == "a"
    assert dispatcher.planned_courier("a") == "east"
    assert dispatcher.planned_arrival("a") == pytest.approx(100 / 3)


def test_a_started_leg_is_not_diverted_and_the_question_may_be_repeated() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, job("far", -2000))
    assert dispatcher.next_job(0.0, "east") == "far"
    dispatcher.request(10.0, job("near", 1990, released=10.0))
    assert dispatcher.next_job(10.0, "east") == "far"
    dispatcher.arrived(1333.0, "east", "far")
    assert dispatcher.next_job(1400.0, "east") is None
    dispatcher.finished(1513.0, "east", "far")
    assert dispatcher.next_job(1513.0, "east") == "near"


def test_a_delivery_is_fetched_first() -> None:
    """Ten metres away, but its parcel is at the other end: the west courier is the right one."""
    dispatcher = Dispatcher([WEST, EAST], travel, 0.0)
    dispatcher.request(0.0, job("d", 1990, origin=(-1900.0, 0.0)))
    assert dispatcher.planned_courier("d") == "west"
    assert dispatcher.planned_arrival("d") == pytest.approx((100 + 3890) / 3)
    assert dispatcher.next_job(0.0, "west") == "d"


def test_a_hopeless_job_is_still_done() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, DispatchJob("late", -9000, 0, -7200, -3600))
    assert dispatcher.next_job(0.0, "east") == "late"


def test_without_anybody_on_duty_jobs_wait_for_whoever_comes() -> None:
    dispatcher = Dispatcher([], travel, 0.0)
    dispatcher.request(0.0, job("a", 0))
    assert dispatcher.planned_arrival("a") is None
    assert dispatcher.planned_courier("a") is None
    dispatcher.on_duty(60.0, WEST)
    assert dispatcher.next_job(60.0, "west") == "a"


def test_off_duty_under_way_hands_the_job_on() -> None:
    dispatcher = Dispatcher([WEST, EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1000))
    assert dispatcher.next_job(0.0, "east") == "a"
    dispatcher.off_duty(60.0, "east")
    assert dispatcher.next_job(60.0, "east") is None
    assert dispatcher.next_job(60.0, "west") == "a"


def test_off_duty_at_the_door_finishes_there() -> None:
    dispatcher = Dispatcher([WEST, EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    dispatcher.next_job(0.0, "east")
    dispatcher.arrived(34.0, "east", "a")
    dispatcher.off_duty(60.0, "east")
    assert dispatcher.next_job(60.0, "west") is None
    dispatcher.finished(214.0, "east", "a")
    assert dispatcher.planned_courier("a") is None
    assert dispatcher.next_job(214.0, "east") is None


def test_cancelled_jobs_are_never_given_out() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    dispatcher.request(0.0, job("b", 1000))
    dispatcher.cancel(1.0, "a")
    dispatcher.cancel(1.0, "never heard of")
    assert dispatcher.next_job(1.0, "east") == "b"
    serve(dispatcher, 334.0, "east", "b")
    assert dispatcher.next_job(514.0, "east") is None


def test_a_cancelled_job_under_way_frees_its_courier_where_he_is() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", -1000))
    assert dispatcher.next_job(0.0, "east") == "a"
    dispatcher.cancel(500.0, "a")  # half way, at x = 500
    dispatcher.request(500.0, job("b", 500, released=500.0))
    assert dispatcher.planned_arrival("b") == pytest.approx(500.0)
    serve(dispatcher, 1000.0, "east", "a")  # he went on to the door all the same
    assert dispatcher.planned_arrival("b", 1180.0) == pytest.approx(1180 + 500)
    assert dispatcher.next_job(1180.0, "east") == "b"


def test_a_scan_beats_the_assignment() -> None:
    dispatcher = Dispatcher([WEST, EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    assert dispatcher.next_job(0.0, "east") == "a"
    dispatcher.arrived(20.0, "west", "a")
    assert dispatcher.planned_courier("a") == "west"
    dispatcher.request(20.0, job("b", 1980, released=20.0))
    assert dispatcher.next_job(20.0, "east") == "b"
    dispatcher.finished(200.0, "west", "a")
    assert dispatcher.planned_courier("a") is None


def test_a_courier_who_does_another_job_gives_his_own_back() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    assert dispatcher.next_job(0.0, "east") == "a"
    dispatcher.request(1.0, job("b", 1000, released=1.0))
    serve(dispatcher, 300.0, "east", "b")
    assert dispatcher.next_job(480.0, "east") == "a"


def test_repeats_have_no_effect_and_contradictions_are_refused() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    dispatcher.request(5.0, job("a", 1900))
    with pytest.raises(ValueError, match="other particulars"):
        dispatcher.request(5.0, job("a", 1800))
    assert dispatcher.next_job(5.0, "east") == "a"
    serve(dispatcher, 40.0, "east", "a")
    serve(dispatcher, 40.0, "east", "a")
    assert dispatcher.next_job(220.0, "east") is None


def test_an_old_report_sent_again_disturbs_nobody() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    dispatcher.request(0.0, job("a", 1900))
    dispatcher.next_job(0.0, "east")
    serve(dispatcher, 34.0, "east", "a")
    dispatcher.request(214.0, job("b", 1000, released=214.0))
    assert dispatcher.next_job(214.0, "east") == "b"
    serve(dispatcher, 220.0, "east", "a")
    assert dispatcher.planned_courier("b") == "east"
    assert dispatcher.planned_arrival("b") == pytest.approx(214 + 300)


def test_strangers_are_reported() -> None:
    dispatcher = Dispatcher([EAST], travel, 0.0)
    with pytest.raises(UnknownCourierError):
        dispatcher.next_job(0.0, "nobody")
    with pytest.raises(UnknownJobError):
        dispatcher.arrived(0.0, "east", "nothing")


def test_models_take_only_numbers_that_are_numbers() -> None:
    with pytest.raises(ValidationError):
        DispatchCourier("a", math.nan, 0)
    with pytest.raises(ValidationError):
        DispatchJob("a", 0, 0, 0, math.inf)
    assert DispatchJob(id="a", x=0, y=0, released=0, deadline=1).service_s == 180.0
