"""The page of devices, without scripts: what a keeper sees, a code once, and an end with its reason."""

import re

import pytest

from domain.terms import Role
from tests.soft_device import SoftDevice
from tests.unit.web.devices_hall import OTHER, OUTLET, courier, enrolled, keeper, only_enrolled


@pytest.fixture
def strict(hall):
    only_enrolled(hall)
    return hall


def shown_code(page):
    found = re.search(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>", page.text)
    return found[1] if found else None


def test_a_code_is_shown_once_and_enrols(strict):
    mine = keeper(strict)
    page = mine.post("/devices", data={"name": "2号手持机", "outlet": OUTLET, "username": ""})
    assert page.status_code == 200
    typed = shown_code(page)
    assert shown_code(mine.get("/devices")) is None
    assert "还没有登记过设备" in mine.get("/devices").text
    assert SoftDevice(now=lambda: strict.now).enrol(courier(strict), typed).status_code == 201
    page = mine.get("/devices")
    assert "2号手持机" in page.text and f"{OUTLET}-1 登记" in page.text and "还没有用过" in page.text


@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        ({"name": ""}, 422, "请给设备起个名字"),
        ({"outlet": ""}, 422, "请选择设备归哪里管"),
        ({"outlet": OTHER}, 403, "只能处理本网点的事务"),
        ({"username": "nobody"}, 422, "这个账号不能在这里扫描"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(strict, said, status, why):
    page = keeper(strict).post("/devices", data={"name": "2号", "outlet": OUTLET, "username": ""} | said)
    assert page.status_code == status
    assert why in page.text and shown_code(page) is None
    assert "<title>错误：设备" in page.text


def test_a_device_is_stopped_with_a_reason(strict):
    device = enrolled(strict)
    mine = keeper(strict)
    assert mine.post(f"/devices/{device.id}", data={}).status_code == 422
    answer = mine.post(f"/devices/{device.id}", data={"reason": "LOST"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices?done=stopped")
    page = mine.get("/devices?done=stopped")
    assert "设备已停用" in page.text and f"{OUTLET}：丢失或被盗" in page.text
    assert "这台设备已经停用了" in mine.post(f"/devices/{device.id}", data={"reason": "LOST"}).text


def test_an_outlet_sees_its_own_a_supervisor_all_and_nobody_a_secret(strict):
    device = enrolled(strict)
    assert device.id not in keeper(strict, OTHER).get("/devices").text
    page = strict.as_(Role.SUPERVISOR).get("/devices")
    assert "1号手持机" in page.text and "政务大厅" in page.text
    assert device.public_key not in page.text


def test_where_others_scan_too_the_page_says_so(hall):
    assert "没有登记的设备也能扫描" in keeper(hall).get("/devices").text
    only_enrolled(hall)
    assert "没有登记的设备也能扫描" not in keeper(hall).get("/devices").text
