"""What may be changed about a visit, by where it stands; and what is said before and after."""

import pytest

from domain.leg_changes import ChangeKind, Halt
from domain.terms import Leg, ParcelStage
from logistics.appointments import WindowFault
from logistics.change_wording import CHANGES, OBSTACLES, WINDOW_FAULTS, consequence, done_sentence, told_to_courier
from logistics.leg_changes import ChangeObstacle, OrderStanding, obstacle_to
from logistics.promise import OfferObstacle, PromiseOffer
from logistics.promise_model import Appointment
from tests.unit.logistics.test_promise import at

S, Why, K = ParcelStage, ChangeObstacle, ChangeKind
WINDOW = Appointment(start=at("15:00"), end=at("15:30"))


def order(stage, leg=Leg.PICKUP, **more):
    usual = {"ended": False, "held": False, "no_such_door": False, "halted": None}
    return OrderStanding(leg=leg, stage=stage, **usual | more)


@pytest.mark.parametrize("kind", K)
@pytest.mark.parametrize("leg", [Leg.PICKUP, Leg.DELIVERY])
@pytest.mark.parametrize(
    ("stage", "more", "obstacle"),
    [
        *((stage, {}, None) for stage in (S.ORDERED, S.ACCEPTED, S.ASSIGNED, S.EN_ROUTE, S.PICKUP_FAILED, S.ON_HOLD)),
        (S.ARRIVED_DOOR, {}, Why.AT_THE_DOOR),
        *((stage, {"held": True}, Why.PAPERS_HELD) for stage in (S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY)),
        (S.DELIVERY_FAILED, {"held": True}, Why.PAPERS_HELD),
        (S.DELIVERED, {"held": True}, Why.LEG_OVER),
        (S.ORDERED, {"ended": True}, Why.LEG_OVER),
        (S.AWAITING_COLLECTION, {"held": True}, Why.NOBODY_COMES),
        (S.RETURNED, {"held": True}, Why.NOBODY_COMES),
        (S.LOST, {"held": True}, Why.NOBODY_COMES),
        (S.ORDERED, {"halted": Halt.CANCELLED}, Why.VISIT_CANCELLED),
        (S.ORDERED, {"halted": Halt.WITHDRAWAL}, Why.WITHDRAWAL_PENDING),
    ],
)
def test_where_a_visit_stands_decides(kind, leg, stage, more, obstacle):
    assert obstacle_to(kind, order(stage, leg, **more)) == obstacle


@pytest.mark.parametrize("kind", K)
def test_who_holds_a_delivery_for_a_door_that_is_not_there_waits_for_another_address_alone(kind):
    stands = order(S.DELIVERY_FAILED, Leg.DELIVERY, held=True, no_such_door=True)
    assert obstacle_to(kind, stands) == (None if kind is K.ADDRESS else Why.PAPERS_HELD)


@pytest.mark.parametrize("leg", [Leg.FORWARD, Leg.BACK])
def test_between_halls_there_is_no_visit_to_change(leg):
    assert obstacle_to(K.CANCEL, order(S.ORDERED, leg)) is Why.NO_VISIT


def test_every_word_is_there_and_says_what_would_help():
    assert set(CHANGES) == set(K)
    assert set(OBSTACLES) == set(Why)
    assert set(WINDOW_FAULTS) == set(WindowFault)
    assert all(
        sentence.endswith("。") and len(sentence) <= 40 for sentence in [*OBSTACLES.values(), *WINDOW_FAULTS.values()]
    )


def offered(obstacle=None):
    return PromiseOffer(start=at("13:20"), deadline=at("14:20"), starts_later=False, obstacle=obstacle)


def said(kind, leg=Leg.PICKUP, obstacle=None, *, broken=False, by="12月3日（周四）"):
    return consequence(kind, leg, offered(obstacle), at("13:20"), broken=broken, by=by)


def test_the_consequence_is_said_before():
    assert said(K.ADDRESS).startswith("改地址后重新派员，新的上门时间 今天 14:20 前")
    assert "尽快上门" in said(K.ADDRESS, obstacle=OfferObstacle.OUTSIDE_DISTRICT)
    assert said(K.ADDRESS, broken=True).endswith("原承诺已超时，照常记录。")
    assert "一小时内上门送达" in said(K.WINDOW, Leg.DELIVERY)
    assert said(K.CONTACT).endswith("上门时间不变。")
    assert said(K.CANCEL) == "取消上门后，请您最迟12月3日（周四）把材料送到大厅窗口，收到后接着办理。"
    assert said(K.CANCEL, Leg.DELIVERY) == "取消上门后，结果留在大厅，请您最迟12月3日（周四）带身份证件来领取。"


def test_what_was_done_is_said_to_each():
    now = at("10:00")
    assert done_sentence(K.WINDOW, "今天 16:00前上门取件。", WINDOW, now) == (
        "已改约 今天 15:00–15:30 上门。今天 16:00前上门取件。"
    )
    assert done_sentence(K.CANCEL, "今天 16:00前上门取件。", None, now) == "已取消上门。"
    assert told_to_courier(K.WINDOW, WINDOW, now) == "改约 今天 15:00–15:30"
    assert [told_to_courier(kind, None, now) for kind in K] == ["地址已改", "时间已改", "联系人已改", "已取消上门"]
