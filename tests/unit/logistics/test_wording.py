"""What people read: every stage has a sentence that fits a text message; failure paths have their own."""

from datetime import datetime, timedelta

import pytest

from domain.terms import Leg, ParcelStage
from logistics import fonts
from logistics.parcels import derive
from logistics.promise import evaluate, offer
from logistics.promise_facts import facts_of
from logistics.promise_model import AreaSuspension, PromiseOrder, PromiseTerms
from logistics.service_calendar import ServiceCalendar
from logistics.wording import FailureReason, failure_of, offer_sentence, promise_sentence, stage_sentence
from tests.unit.logistics.parcel_traces import AT_DOOR, DELIVERY, PICKUP, TEN, Trace

S = ParcelStage
CALENDAR = ServiceCalendar.from_working_days(["09:00-18:00"])


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize("stage", list(ParcelStage))
def test_every_stage_of_every_leg_has_a_sentence(leg: Leg, stage: ParcelStage) -> None:
    for failure in (None, *FailureReason):
        sentence = stage_sentence(leg, stage, failure)
        assert sentence.endswith("。")
        assert 4 <= len(sentence) <= 70
        assert fonts.missing(sentence) == ""


@pytest.mark.parametrize("reason", list(FailureReason))
def test_a_failed_attempt_says_why(reason: FailureReason) -> None:
    trace = Trace().add(0, S.ACCEPTED).add(20, S.ARRIVED_DOOR, gps=AT_DOOR).add(25, S.PICKUP_FAILED, note=reason.value)
    state = derive(PICKUP, trace.events)
    assert failure_of(state) is reason
    assert stage_sentence(Leg.PICKUP, state.status, failure_of(state)) != stage_sentence(Leg.PICKUP, state.status)


def test_a_reason_that_nobody_knows_is_not_guessed() -> None:
    trace = Trace(Leg.DELIVERY).add(0, S.OUT_FOR_DELIVERY).add(20, S.DELIVERY_FAILED, note="楼下有狗")
    state = derive(DELIVERY, trace.events)
    assert failure_of(state) is None
    assert stage_sentence(Leg.DELIVERY, state.status) == "本次上门没有完成，我们会尽快再次安排。"
    assert failure_of(derive(DELIVERY, [])) is None


def promised(minute: float, trace: Trace, *suspensions: AreaSuspension) -> str:
    order = PromiseOrder(leg=trace.leg, accepted_at=TEN, outlet_id="daping")
    now = TEN + timedelta(minutes=minute)
    facts = facts_of(derive(PICKUP, trace.events))
    promise = evaluate(order, PromiseTerms(), CALENDAR, now, facts=facts, suspensions=suspensions)
    return promise_sentence(trace.leg, promise, now)


def test_the_promise_in_words() -> None:
    accepted = Trace().add(0, S.ACCEPTED)
    assert promised(5, accepted) == "今天 11:00前上门取件。"
    assert promised(70, accepted) == "本次上门取件已超过承诺时间，非常抱歉，我们正在加急处理。"
    storm = AreaSuspension(
        id="s1",
        start=TEN + timedelta(minutes=10),
        end=TEN + timedelta(minutes=40),
        declared_at=TEN + timedelta(minutes=10),
        declared_by="supervisor",
        source_no="渝气象预警1号",
        outlets=frozenset({"daping"}),
    )
    assert promised(15, accepted, storm) == "承诺时间已调整：今天 11:30前上门取件。"
    assert promised(70, accepted.add(50, S.ARRIVED_DOOR, gps=AT_DOOR)) == "投递员已按承诺上门取件。"
    late = Trace().add(0, S.ACCEPTED).add(65, S.PICKED_UP)
    assert promised(70, late) == "本次上门取件晚于承诺时间，非常抱歉。"
    assert promised(70, Trace().add(0, S.ACCEPTED).add(5, S.CANCELLED)) == "上门取件已取消。"


@pytest.mark.parametrize(
    ("hour", "in_district", "sentence"),
    [
        (10, True, "今天 11:00前送达上门。"),
        (20, True, "现在非服务时间，明天 09:00起安排，明天 10:00前送达上门。"),
        (10, False, "地址不在渝中区，不作一小时承诺，我们会尽快上门。"),
        (10, None, "地址需要人工确认，确认后告知您上门时间。"),
    ],
)
def test_the_offer_in_words(hour: int, in_district: bool | None, sentence: str) -> None:
    now: datetime = TEN + timedelta(hours=hour - 10)
    found = offer(PromiseOrder(leg=Leg.DELIVERY, accepted_at=now), PromiseTerms(), CALENDAR, in_district=in_district)
    assert offer_sentence(Leg.DELIVERY, found, now) == sentence


def test_a_far_day_is_named_by_its_date() -> None:
    friday = TEN + timedelta(days=4, hours=9)
    found = offer(PromiseOrder(leg=Leg.PICKUP, accepted_at=friday), PromiseTerms(), CALENDAR, in_district=True)
    assert "11月30日 10:00前" in offer_sentence(Leg.PICKUP, found, friday)
