"""The page of units, without scripts: the tree, one more, what follows from closing one, who stands and scans where."""

import re

import pytest
from sqlalchemy import update

from domain.terms import Role
from storage.cases.rows import CaseRow
from storage.parcels.legs import LegRow
from storage.people.users import UserRow
from tests.unit.web.devices_hall import OUTLET, code_for, courier, enrolled, keeper
from tests.unit.web.logins import browser

STREET = {"kind": "street", "parent": "hall", "name": "解放碑街道便民中心", "id": "street-1", "ref": ""}


@pytest.fixture
def page(hall):
    client = browser(hall)
    client.post("/login", data={"username": "security", "password": "demo"})
    return client


def added(page, **more):
    answer = page.post("/units", data=STREET | more)
    assert answer.status_code == 303, answer.text
    return page.get(answer.headers["location"])


def row(page, unit_id, path="/units"):
    """The words of a unit's line in the tree."""
    rows = re.findall(r"<tr class=.*?</tr>", page.get(path).text, re.DOTALL)
    (found,) = [each for each in rows if f"<code>{unit_id}</code>" in each]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_the_tree_says_of_each_unit_what_it_is_where_it_stands_and_who_is_there(hall, page):
    enrolled(hall)
    text = page.get("/units").text
    assert "大厅、街道和银行" in text and "部门" in text and "协作网络" in text
    assert all(
        word in row(page, "hall") for word in ("区政务服务大厅", "政务大厅", "渝中区政务服务", "1 个账号", "在用")
    )
    assert all(word in row(page, OUTLET) for word in ("邮政网点", "邮政渝中", "2 个账号", "1 台设备"))
    assert "没有账号" in row(page, "daping") and "没有设备" in row(page, "daping")
    assert 'href="/accounts?unit=hall&amp;state=open"' in text and f'href="/devices?outlet={OUTLET}"' in text


def test_closed_accounts_and_stopped_devices_do_not_count(hall, page):
    device = enrolled(hall)
    hall.as_(Role.SECURITY).post("/api/v1/accounts/clerk/disable")
    keeper(hall).post(f"/api/v1/devices/{device.id}/revoke", json={"reason": "BROKEN"})
    assert "没有账号" in row(page, "hall")
    assert "没有设备" in row(page, OUTLET)


def test_what_stands_below_comes_behind_and_moved_in(page):
    added(page)
    text = page.get("/units").text
    depths = re.findall(r'<tr class="deep-(\d)"><th scope="row"><a href="/units/([^"]+)"', text)
    assert depths[:3] == [("0", "district"), ("1", "hall"), ("2", "street-1")]
    assert ("0", "post") in depths and ("1", "daping") in depths


def test_a_unit_is_added_and_its_page_says_what_comes_next(page):
    shown = added(page)
    assert "单位已加上" in shown.text and "解放碑街道便民中心" in shown.text
    assert all(word in row(page, "street-1") for word in ("街道便民中心", "区政务服务大厅", "没有账号"))


@pytest.mark.parametrize(
    ("more", "status", "why"),
    [
        ({"kind": ""}, 422, {"kind": "请选择类别"}),
        ({"kind": "post"}, 422, {"kind": "区和邮政各只有一个"}),
        ({"parent": ""}, 422, {"parent": "请选择上级单位"}),
        ({"parent": "nowhere"}, 404, {"parent": "没有这个单位"}),
        ({"parent": "post"}, 422, {"parent": "不能设在这个上级下面"}),
        ({"name": " "}, 422, {"name": "请写单位的名称"}),
        ({"id": "解放碑"}, 422, {"id": "小写字母"}),
        ({"id": "hall"}, 409, {"id": "已有单位 hall"}),
        ({"ref": "公安"}, 422, {"ref": "要写明对应哪一个"}),
        ({"kind": "department", "parent": "district"}, 422, {"ref": "要写明对应哪一个"}),
        ({"kind": "", "name": "", "id": "A"}, 422, {"kind": "请选择", "name": "请写", "id": "小写字母"}),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_added(hall, page, more, status, why):
    before = hall.as_(Role.SECURITY).get("/api/v1/units").json()
    answer = page.post("/units", data=STREET | more)
    assert answer.status_code == status
    assert "<title>错误：单位" in answer.text and "单位没有加上" in answer.text
    for field, said in why.items():
        beside = answer.text.partition(f'id="{field}-fault">')[2].partition("<")[0]
        assert said in beside, field
        assert f'href="#{field}"' in answer.text
    typed = STREET | more
    assert f'value="{typed["name"].strip()}"' in answer.text and f'value="{typed["id"]}"' in answer.text
    assert hall.as_(Role.SECURITY).get("/api/v1/units").json() == before


def test_before_it_is_closed_the_page_says_who_is_out_and_who_has_how_much(hall, page):
    added(page)
    hall.started()
    hall.as_user("wangmin", Role.CLERK, "street-1")
    with hall.database.write() as session:
        session.execute(update(CaseRow).values(keeper="wangmin"))
        session.get_one(UserRow, "officer").unit_id = "street-1"
    shown = page.get("/units/hall").text
    assert "和它下面的 1 个单位" in shown and "在这里的 3 个账号全部退出" in shown
    assert "手上还没办完的：办件 1 件" in shown
    holders = shown.partition('id="left-h"')[2].partition("</section>")[0]
    assert "wangmin" in holders and "解放碑街道便民中心" in holders and "办件 1 件" in holders
    assert "officer" not in holders, "who has nothing in hand is not named"
    closed = page.post("/units/hall", data={"act": "disable"})
    assert (closed.status_code, closed.headers["location"]) == (303, "/units/hall?done=disable")
    shown = page.get("/units/hall?done=disable").text
    assert "单位已停用" in shown and "手上没办完的" not in shown
    assert "已停用" in row(page, "hall") and "上级已停用" in row(page, "street-1")
    assert "上级单位还停用着" not in page.get("/units/hall").text
    page.post("/units/street-1", data={"act": "disable"})
    assert "也要等上级启用才能办事" in page.get("/units/street-1").text
    assert "单位已启用" in page.get(page.post("/units/hall", data={"act": "enable"}).headers["location"]).text
    assert "在用" in row(page, "hall")


def test_of_an_outlet_it_says_the_parcels_under_way(hall, page):
    courier(hall)
    case_no = hall.started()
    with hall.database.write() as session:
        for number, name in ((1, f"{OUTLET}-1"), (2, None)):
            leg = f"{case_no}-DELIVERY-{number}"
            row = LegRow(leg_id=leg, case_no=case_no, handling_no=case_no, leg="DELIVERY", region="500103")
            row.stage, row.ordered_at, row.outlet_id, row.courier_id = "ASSIGNED", hall.now, OUTLET, name
            session.add(row)
    shown = page.get(f"/units/{OUTLET}").text
    assert "手上还没办完的：邮件 2 件" in shown and "在途的邮件一共 2 件" in shown
    holders = shown.partition('id="left-h"')[2].partition("</section>")[0]
    assert f"{OUTLET}-1" in holders and "邮件 1 件" in holders


def test_nobody_closes_where_he_stands(hall, page):
    assert "您自己就在这个单位" in page.get("/units/district").text
    refused = page.post("/units/district", data={"act": "disable"})
    assert refused.status_code == 409 and "请由上级单位的安全管理员来停用" in refused.text
    assert page.get("/units/nowhere").status_code == 404
    assert page.post("/units/nowhere", data={"act": "enable"}).status_code == 404
    assert page.post("/units/hall", data={"act": "rubbish"}).status_code == 422


def test_who_keeps_the_accounts_of_a_hall_sees_and_adds_only_there(hall, page):
    added(page)
    mine = hall.as_user("security-hall", Role.SECURITY, "hall")
    shown = mine.get("/units").text
    assert re.findall(r'<th scope="row"><a href="/units/([^"]+)"', shown) == ["hall", "street-1"]
    kinds = re.findall(r'<option value="([a-z]+)"', shown.partition('id="kind"')[2].partition("</select>")[0])
    assert kinds == ["street", "bank"]
    assert mine.get("/units/post").status_code == 404
    assert mine.post("/units", data=STREET | {"id": "street-2", "parent": "district"}).status_code == 404


def test_an_account_is_led_to_its_unit_and_to_the_devices_with_which_it_scans(hall, page):
    enrolled(hall)
    enrolled(hall, device_id="web-own", username=f"{OUTLET}-1")
    hall.as_user(f"{OUTLET}-2", Role.COURIER, OUTLET, f"{OUTLET}-2")
    for name, count, named in (
        (f"{OUTLET}-1", 2, ["web-0123456789abcdef", "web-own"]),
        (f"{OUTLET}-2", 1, ["web-0123"]),
    ):
        for shown in (page.get(f"/accounts?q={name}").text, page.get(f"/accounts/{name}").text):
            assert f'<a href="/units/{OUTLET}">' in shown
            assert f'<a href="/devices?username={name}">{count} 台设备</a>' in shown
        listed = page.get(f"/devices?username={name}").text
        assert listed.count('action="/devices/web-') == count and all(each in listed for each in named)
    assert "没有设备" in page.get("/accounts?q=clerk").text
    assert "台设备" not in page.get("/accounts?q=officer").text
    seen = hall.as_(Role.OPERATOR).get(f"/accounts?q={OUTLET}-1").text
    assert "2 台设备" in seen and "/units/" not in seen and "/devices?" not in seen


def test_devices_are_filtered_by_place_and_account_and_lead_to_the_unit(hall, page):
    enrolled(hall)
    shown = page.get(f"/devices?outlet={OUTLET}").text
    assert "web-0123456789abcdef" in shown and f'<a href="/units/{OUTLET}">' in shown
    for query in ("outlet=daping", "outlet=rubbish", "username=nobody", "username=officer"):
        assert "没有符合条件的在用设备" in page.get(f"/devices?{query}").text, query
    assert "/units/" not in hall.as_(Role.SUPERVISOR).get("/devices").text


def test_a_keeper_learns_nothing_of_an_account_that_is_not_his(hall):
    """Who it is, and where it scans, he could else find out by asking."""
    enrolled(hall)
    hall.as_user("daping-1", Role.COURIER, "daping", "daping-1")
    mine = keeper(hall)
    assert "web-0123456789abcdef" in mine.get(f"/devices?username={OUTLET}-1").text
    for name in ("daping-1", "outlet", "nobody"):
        assert "没有符合条件的在用设备" in mine.get(f"/devices?username={name}").text
    assert code_for(hall)
