"""What goes wrong at doors and on the way, each through the real workflows over HTTP: state, promise, message, task."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from demo.client import Caller
from domain.terms import Leg
from tests.workflows.conftest import say, server
from tests.workflows.postal_house import PostalHouse, minutes, open_postal_house

pytestmark = pytest.mark.temporal


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostalHouse]:
    with pytest.MonkeyPatch.context() as patch:
        binary = server(patch)
        async with open_postal_house(tmp_path_factory.mktemp("postal"), binary, say) as opened:
            yield opened


async def test_nobody_home_is_tried_again_and_after_the_third_time_a_person_decides(house):
    parcel = await house.order()
    for attempt in (1, 2, 3):
        assert parcel.shown["epoch"] == attempt
        await parcel.visit("EN_ROUTE", "ARRIVED_DOOR", "PICKUP_FAILED", note="NOBODY_HOME")
        if attempt < 3:
            await parcel.until_sent()
            assert parcel.said == "投递员上门时没有联系到您，我们会再次上门，请保持电话畅通。"
            assert parcel.tasks == {}
    await parcel.task("DELIVERY_FAILED")
    await house.until(lambda: parcel.shown["courierId"] is None)
    assert parcel.shown["stage"] == "PICKUP_FAILED"
    assert parcel.said == "多次上门没有完成，工作人员会与您联系另行安排。"
    await parcel.until_promised("投递员已按承诺上门取件。")  # proved, within the hour, at the first visit
    await parcel.resolve("DELIVERY_FAILED", "redeliver")
    await parcel.until_sent()
    await parcel.fetched()


async def test_a_wrong_address_waits_for_a_person_who_places_it(house):
    parcel = await house.order()
    await parcel.visit("EN_ROUTE", "ARRIVED_DOOR", "PICKUP_FAILED", note="WRONG_ADDRESS")
    await parcel.task("PLACE_ADDRESS")
    assert (parcel.shown["stage"], parcel.shown["courierId"]) == ("PICKUP_FAILED", None)
    assert parcel.said == "投递员没有找到您的地址，请联系大厅核对后再次上门。"
    await parcel.resolve("PLACE_ADDRESS", "acknowledge", point={"lat": 29.548, "lon": 106.533, "datum": "WGS-84"})
    await parcel.until_sent()
    await parcel.fetched()
    assert parcel.shown["promise"]["verdict"] in ("KEPT", "BREACHED")  # of the right door, from the first order on


async def test_an_address_that_nobody_finds_ends_the_pickup_and_the_case(house):
    parcel = await house.order()
    await parcel.visit("EN_ROUTE", "PICKUP_FAILED", note="WRONG_ADDRESS")
    await parcel.resolve("PLACE_ADDRESS", "close_as_failed")
    await house.until(lambda: parcel.case["closedAt"])
    assert (parcel.case["status"], parcel.shown["outcome"], parcel.shown["stage"]) == (
        "FAILED",
        "ABANDONED",
        "CANCELLED",
    )
    assert parcel.said == "寄递已取消。"
    assert parcel.shown["promise"]["verdict"] in ("CANCELLED", "BREACHED")


async def test_refused_at_the_door_goes_back_to_the_hall_and_is_collected_there(house):
    parcel = await house.order(Leg.DELIVERY)
    await parcel.visit("EN_ROUTE", "PICKED_UP", "OUT_FOR_DELIVERY", "ARRIVED_DOOR", "DELIVERY_FAILED", note="REFUSED")
    await parcel.task("DELIVERY_FAILED")
    assert parcel.said == "您在门口未接受本次服务，工作人员会与您联系，也可直接联系大厅。"
    await parcel.resolve("DELIVERY_FAILED", "close_as_failed")
    await parcel.until_stage("RETURNING")
    assert parcel.shown["endedAt"] is None
    assert parcel.said == "正在退回大厅，您可到大厅领取或重新预约。"
    await parcel.task("RETURN_REQUIRED")
    held = {paper["holder"]["kind"] for paper in parcel.case["papers"] if paper["form"] == "original"}
    assert "courier" in held or not held
    with_him = house.supervisor.get(f"/api/v1/parcels/{parcel.shown['trackingNo']}")["holder"]
    parcel.scan("RETURNED", device=with_him, signerKind="hall", near=False)
    await house.until(lambda: parcel.shown["outcome"] == "RETURNED")
    assert parcel.said == "已退回大厅，您可到大厅领取或重新预约。"
    await parcel.until_promised("投递员已按承诺送达上门。")
    await parcel.resolve("COLLECT_AT_HALL", "acknowledge")
    await house.until(lambda: parcel.case["closedAt"])
    assert parcel.case["status"] == "APPROVED"
    assert "LEG_LOST" not in parcel.history
    assert set(parcel.tasks) <= {"LETTER"}  # no phone is reached in this house, and the sweep sends when it looks


async def test_cancelled_while_the_courier_had_no_network_comes_back(house):
    parcel = await house.order()
    courier = parcel.shown["courierId"]
    taken_at = datetime.now(UTC)
    house.clerk.post(f"/api/v1/cases/{parcel.case_no}/withdraw", {"reason": "申请人改变主意"})
    await house.until(lambda: parcel.case["closedAt"])
    assert (parcel.case["status"], parcel.shown["stage"], parcel.said) == ("WITHDRAWN", "CANCELLED", "寄递已取消。")
    await parcel.until_promised("上门取件已取消。")
    parcel.scan("PICKED_UP", device=courier, at=taken_at)
    assert list(parcel.tasks) == ["RETURN_REQUIRED"]
    assert parcel.said == "寄递已取消，但材料已被取走，我们会尽快退还给您。"
    parcel.scan("RETURNED", device=courier)
    assert (parcel.tasks, parcel.said) == ({}, "材料已退还给您。")


async def test_a_courier_who_falls_ill_is_replaced(house):
    parcel = await house.order()
    ill = parcel.shown["courierId"]
    parcel.scan("EN_ROUTE")
    house.patch(f"/api/v1/couriers/{ill}", {"onDuty": False})
    try:
        other = await parcel.until_sent(ill)
        assert parcel.said == "已为您改派投递员，请备好材料和身份证件。"
        assert "REDISPATCHED" in parcel.history
        assert parcel.shown["promise"]["promised"]
        assert other == parcel.shown["courierId"]
        await parcel.fetched()
    finally:
        house.patch(f"/api/v1/couriers/{ill}", {"onDuty": True})


async def test_what_an_ill_courier_has_in_his_bag_is_handed_to_another(house):
    parcel = await house.order(Leg.DELIVERY)
    ill = parcel.shown["courierId"]
    await parcel.visit("PICKED_UP", "OUT_FOR_DELIVERY")
    house.patch(f"/api/v1/couriers/{ill}", {"onDuty": False})
    try:
        await parcel.task("TAKE_OVER")
        assert parcel.said == "投递员临时不能继续，我们正安排他人接手，给您添麻烦了。"
        other = "chaotianmen-1" if ill != "chaotianmen-1" else "daping-1"
        for side, who in (("from", house.courier), ("to", Caller(house.url, "courier2"))):
            body = {"side": side, "fromParty": ill, "toParty": other}
            who.post(f"/api/v1/parcels/{parcel.shown['trackingNo']}/handover", body)
        assert (parcel.tasks.get("TAKE_OVER"), parcel.shown["courierId"]) == (None, other)
        await parcel.visit("ARRIVED_DOOR", "DELIVERED", signerKind="self")
        await house.until(lambda: parcel.case["closedAt"])
        assert parcel.said == "已签收，感谢您的信任。"
    finally:
        house.patch(f"/api/v1/couriers/{ill}", {"onDuty": True})


async def test_a_closed_outlets_jobs_go_to_another_outlet(house):
    parcel = await house.order()
    closed, first = parcel.shown["outletId"], parcel.shown["courierId"]
    house.patch(f"/api/v1/outlets/{closed}", {"open": False})
    try:
        await parcel.until_sent(first)
        assert parcel.shown["outletId"] != closed
        assert parcel.said == "已为您改派投递员，请备好材料和身份证件。"
        await parcel.fetched()
    finally:
        house.patch(f"/api/v1/outlets/{closed}", {"open": True})


async def test_a_lost_parcel_is_searched_found_and_goes_on(house):
    parcel = await house.order()
    await parcel.visit("EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP", "LOST")
    await parcel.task("PARCEL_LOST")
    assert (parcel.shown["stage"], parcel.said) == ("LOST", "邮件暂时查不到下落，我们正在全力查找，会主动联系您。")
    await parcel.until_promised("投递员已按承诺上门取件。")
    parcel.scan("AT_OUTLET", epoch=None, near=False)
    assert "PARCEL_LOST" not in parcel.tasks
    assert parcel.said == "邮件已到邮政网点，接着往前送。"
    await parcel.at_the_hall()


async def test_only_a_parcel_that_the_log_calls_lost_is_given_up_as_lost_and_may_still_be_found(house):
    parcel = await house.order(Leg.DELIVERY)
    await parcel.visit("PICKED_UP", "OUT_FOR_DELIVERY", "LOST")
    await parcel.resolve("PARCEL_LOST", "close_as_failed")
    await house.until(lambda: parcel.case["closedAt"])
    assert parcel.shown["outcome"] == "LOST"
    parcel.scan("AT_OUTLET", epoch=None, near=False)
    assert list(parcel.tasks) == ["PARCEL_FOUND"]
    assert parcel.said == "您的邮件找到了，工作人员会与您联系送还。"


async def test_a_courier_who_set_out_and_is_not_heard_of_is_replaced_before_the_hour_is_over(house):
    parcel = await house.order()
    silent = parcel.shown["courierId"]
    parcel.scan("EN_ROUTE", near=False)
    await parcel.until_sent(silent)
    (sent,) = [event for event in parcel.events if event["kind"] == "REDISPATCHED"][:1]
    assert sent["data"]["reason"] == "SILENT"
    assert datetime.fromisoformat(sent["at"]) < datetime.fromisoformat(parcel.shown["deadlineAt"])
    await parcel.fetched()


async def test_a_late_upload_turns_a_breach_into_on_time(house):
    parcel = await house.order()
    courier = parcel.shown["courierId"]
    ordered = datetime.fromisoformat(parcel.shown["orderedAt"])
    parcel.scan("EN_ROUTE")
    await house.until(lambda: parcel.shown["promise"]["verdict"] == "BREACHED")
    assert parcel.shown["promise"]["provisional"]
    assert parcel.tracked["promise"].startswith("本次上门取件已超过承诺时间")
    await parcel.task("PROMISE_BROKEN")
    assert "PROMISE_AT_RISK" in parcel.history
    parcel.scan("ARRIVED_DOOR", device=courier, at=ordered + minutes(40))
    await house.until(lambda: parcel.shown["promise"]["verdict"] == "KEPT_LATE_UPLOAD")
    await parcel.until_promised("投递员已按承诺上门取件。")
    assert round(parcel.shown["promise"]["adjusted_minutes"]) == 40
    await house.until(lambda: not parcel.tasks)


async def counted_short(house):
    """A pickup of which the hall has counted every paper but the first."""
    parcel = await house.order()
    await parcel.visit("EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP")
    parcel.scan("DELIVERED", signerKind="hall", near=False)
    papers = parcel.case["papers"]
    found = [{name: paper[name] for name in ("name", "form", "count", "paperNo")} for paper in papers[1:]]
    parcel.scan("HALL_CHECKED", device="hall-window", near=False, manifest=found)
    await house.until(lambda: parcel.shown["outcome"] == "DELIVERED")
    await house.until(lambda: "PAPERS_DIFFER" in parcel.history)
    assert (parcel.case["status"], parcel.case["onHold"]) == ("REGISTERED", True)
    return parcel, papers[0]


async def test_a_paper_that_the_hall_misses_stops_the_case_until_it_is_brought(house):
    parcel, paper = await counted_short(house)
    task = await parcel.task("PAPERS_SHORT")
    (line,) = task["data"]["papers"]
    assert (task["owner"], line["name"], line["said"], line["counted"]) == ("clerk", paper["name"], 1, 0)
    assert parcel.said == "清点的份数与清单不符，办理先暂停，工作人员会与您联系商定。"
    await parcel.resolve("PAPERS_SHORT", "bring_later")
    await house.until(lambda: "PAPERS_AWAITED" in parcel.history)
    assert [clock["kind"] for clock in parcel.case["deadlines"]] == ["MISSING_PAPER"]
    path = f"/api/v1/cases/{parcel.case_no}/passports/{paper['paperNo']}/counts"
    assert not house.clerk.post(path, {"counted": 1})["differs"]
    await house.until(lambda: parcel.case["status"] == "SUBMITTED")
    held = next(one for one in parcel.case["papers"] if one["paperNo"] == paper["paperNo"])
    assert (held["holder"]["kind"], held["countedWhere"]) == ("hall", "window")


async def test_without_the_paper_the_case_goes_on_and_nothing_shows_it_travelling(house):
    parcel, paper = await counted_short(house)
    await parcel.resolve("PAPERS_SHORT", "go_without")
    await house.until(lambda: parcel.case["status"] == "SUBMITTED")
    held = next(one for one in parcel.case["papers"] if one["paperNo"] == paper["paperNo"])
    assert (held["holder"]["kind"], held["decision"], held["count"]) == ("nobody", "without", 0)


async def test_given_up_the_case_ends_and_the_papers_wait_for_the_applicant(house):
    parcel, _ = await counted_short(house)
    await parcel.resolve("PAPERS_SHORT", "give_up")
    await house.until(lambda: parcel.case["status"] == "WITHDRAWN")
    await parcel.resolve("COLLECT_AT_HALL", "acknowledge")
    await house.until(lambda: parcel.case["closedAt"])
    where = {paper["holder"]["kind"] for paper in parcel.case["papers"] if paper["form"] == "original"}
    assert where <= {"applicant", "nobody"}
