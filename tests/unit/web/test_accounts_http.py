"""The security administrator adds, closes and resets them; what he may not, and that all of it is on the trail."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from domain.errors import Conflict
from domain.terms import Role
from domain.units import DISTRICT, Unit, UnitKind, reach_of
from parcels.outlets import seed_couriers
from storage.audit.chain import AuditRow
from storage.people.users import LoggedIn, UserRow
from tests.unit.web.logins import HOME, added, browser, code, let_in, log_in
from web.api import account_changes


def seed(hall):
    with hall.database.write() as session:
        seed_couriers(session)


def test_an_account_is_added_listed_and_found(hall):
    keeper = hall.as_(Role.SECURITY)
    added(hall, "wangmin")
    found = keeper.get("/api/v1/accounts", params={"q": "angmi"}).json()["accounts"]
    assert [(one["username"], one["role"], one["mustChange"], one["active"]) for one in found] == [
        ("wangmin", "clerk", True, True)
    ]
    assert keeper.get("/api/v1/accounts/wangmin").json() == found[0]
    names, after = [], ""
    while after is not None:
        page = keeper.get("/api/v1/accounts", params={"size": 3, "after": after}).json()
        names += [one["username"] for one in page["accounts"]]
        after = page["next"]
    assert names == sorted([*Role, "wangmin"])
    assert code(keeper.post("/api/v1/accounts", json={"username": "wangmin", "role": "clerk"})) == (
        409,
        "ACCOUNT_TAKEN",
    )


@pytest.mark.parametrize("name", ["", "W", "Wang", "王敏", "a", "../x", "wang min", "-wang", "w" * 33])
def test_a_name_that_stands_in_no_address_is_refused(hall, name):
    answer = hall.as_(Role.SECURITY).post("/api/v1/accounts", json={"username": name, "role": "clerk"})
    assert answer.status_code == 422


def test_who_is_disabled_given_a_role_or_a_password_is_out_at_once(hall):
    keeper = hall.as_(Role.SECURITY)
    for act, body in (("disable", None), ("enable", None), ("role", {"role": "outlet"}), ("password", None)):
        clients = [let_in(hall, "clerk")] if act != "enable" else []
        answer = keeper.post(f"/api/v1/accounts/clerk/{act}", json=body)
        assert answer.status_code == 200, answer.text
        assert [client.get("/api/v1/tasks").status_code for client in clients] == [401] * len(clients)
    assert log_in(hall, "clerk").status_code == 401
    first = log_in(hall, "clerk", answer.json()["initialPassword"]).json()
    assert (first["role"], first["stage"]) == ("outlet", "PASSWORD_CHANGE")
    moved = keeper.get("/api/v1/accounts/clerk").json()
    assert (moved["unit"], moved["courierId"]) == (None, None), "who stands at a window is no outlet's"


def test_sessions_of_others_are_listed_and_ended(hall):
    keeper, clerk = hall.as_(Role.SECURITY), let_in(hall, "clerk")
    (one,) = keeper.get("/api/v1/accounts/clerk/sessions").json()["sessions"]
    assert (one["cameFrom"], one["current"]) == (HOME[0], False)
    assert keeper.delete(f"/api/v1/accounts/clerk/sessions/{one['sessionId']}").status_code == 204
    assert clerk.get("/api/v1/tasks").status_code == 401
    let_in(hall, "clerk")
    assert keeper.delete("/api/v1/accounts/clerk/sessions").json() == {"ended": 1}
    assert code(keeper.get("/api/v1/accounts/nobody/sessions")) == (404, "ACCOUNT_UNKNOWN")


ACTS = [("disable", None), ("enable", None), ("password", None), ("role", {"role": "clerk"})]


@pytest.mark.parametrize(("act", "body"), ACTS)
@pytest.mark.parametrize(
    ("name", "said"),
    [("security", (409, "OWN_ACCOUNT")), ("auditor", (403, "AUDITOR")), ("nobody", (404, "ACCOUNT_UNKNOWN"))],
)
def test_whose_account_is_not_the_keepers_business_stays(hall, act, body, name, said):
    def kept():
        with hall.database.read() as session:
            return [(row.username, row.role, row.active, row.password) for row in session.scalars(select(UserRow))]

    before = kept()
    assert code(hall.as_(Role.SECURITY).post(f"/api/v1/accounts/{name}/{act}", json=body)) == said
    assert kept() == before


def test_nobody_is_made_an_auditor_here(hall):
    keeper = hall.as_(Role.SECURITY)
    assert code(keeper.post("/api/v1/accounts", json={"username": "mine", "role": "auditor"})) == (403, "AUDITOR")
    assert code(keeper.post("/api/v1/accounts/clerk/role", json={"role": "auditor"})) == (403, "AUDITOR")


@pytest.mark.parametrize(("act", "body"), [("disable", None), ("role", {"role": "clerk"})])
def test_the_last_keeper_stays_even_if_both_try_at_once(hall, act, body):
    """The one who acts has been disabled between his own check and his act."""
    added(hall, "second", "security")
    keeper = hall.as_(Role.SECURITY)
    with hall.database.write() as session:
        session.get_one(UserRow, "security").role = Role.CLERK
    person = LoggedIn("security", Role.SECURITY)
    person.reach = reach_of({DISTRICT: Unit(id=DISTRICT, kind=UnitKind.DISTRICT, name="区")}, DISTRICT)
    with pytest.raises(Conflict) as refused:
        if act == "disable":
            account_changes.disable(hall.context, person, "second")
        else:
            account_changes.change_role(hall.context, person, "second", Role.CLERK)
    assert refused.value.code == "LAST_SECURITY"
    assert keeper.get("/api/v1/accounts").status_code == 403


def test_where_an_account_stands_is_shown_and_changed_and_it_is_out(hall):
    seed(hall)
    keeper = hall.as_(Role.SECURITY)
    made = {"username": "zhang", "role": "courier", "unit": "daping", "courierId": "daping-1"}
    assert keeper.post("/api/v1/accounts", json=made).status_code == 201
    assert {name: keeper.get("/api/v1/accounts/zhang").json()[name] for name in ("unit", "courierId")} == {
        "unit": "daping",
        "courierId": "daping-1",
    }
    assert [one["username"] for one in keeper.get("/api/v1/accounts?unit=daping").json()["accounts"]] == ["zhang"]
    clerk = let_in(hall, "clerk")
    for unit, courier, said in (
        ("nowhere", None, (404, "UNIT_UNKNOWN")),
        ("daping", None, (422, "UNIT_ROLE")),
        ("hall", "daping-1", (422, "COURIER")),
        (None, "daping-1", (422, "COURIER")),
    ):
        answer = keeper.post("/api/v1/accounts/clerk/unit", json={"unit": unit, "courierId": courier})
        assert code(answer) == said
    assert code(keeper.post("/api/v1/accounts/zhang/unit", json={"unit": "jiefangbei", "courierId": "daping-1"})) == (
        404,
        "COURIER_UNKNOWN",
    )
    assert clerk.get("/api/v1/tasks").status_code == 200
    assert keeper.post("/api/v1/accounts/clerk/unit", json={"unit": None}).json()["unit"] is None
    assert clerk.get("/api/v1/tasks").status_code == 401


def test_outside_the_sandbox_nobody_is_a_courier_in_general(hall):
    seed(hall)
    keeper, context = let_in(hall, "security"), hall.app.state.context
    hall.app.state.context = replace(context, settings=context.settings.model_copy(update={"sandbox": False}))
    body = {"username": "zhang", "role": "courier", "unit": "daping"}
    assert code(keeper.post("/api/v1/accounts", json=body)) == (422, "COURIER")
    assert keeper.post("/api/v1/accounts", json=body | {"courierId": "daping-1"}).status_code == 201


def test_who_keeps_the_accounts_of_a_hall_sees_and_gives_only_there(hall):
    street = {"id": "street-1", "kind": "street", "name": "街道", "parent": "hall"}
    assert hall.as_(Role.SECURITY).post("/api/v1/units", json=street).status_code == 201
    mine = hall.as_user("security-hall", Role.SECURITY, "hall")
    assert [one["username"] for one in mine.get("/api/v1/accounts").json()["accounts"]] == ["clerk", "security-hall"]
    for name in ("operator", "security"):
        assert code(mine.get(f"/api/v1/accounts/{name}")) == (404, "ACCOUNT_UNKNOWN")
        assert code(mine.post(f"/api/v1/accounts/{name}/disable")) == (404, "ACCOUNT_UNKNOWN")
    body = {"username": "wangmin", "role": "clerk"}
    assert code(mine.post("/api/v1/accounts", json=body | {"unit": "dept-hrss"})) == (404, "UNIT_UNKNOWN")
    assert mine.post("/api/v1/accounts", json=body | {"unit": "street-1"}).status_code == 201
    assert [unit["id"] for unit in mine.get("/api/v1/units").json()["units"]] == ["hall", "street-1"]


def test_what_he_does_is_on_the_trail_with_whose_account_it_was(hall):
    added(hall)
    hall.as_(Role.SECURITY).post("/api/v1/accounts/wangmin/disable")
    with hall.database.read() as session:
        told = [(row.kind, row.actor, row.action, row.subject) for row in session.scalars(select(AuditRow))]
    assert ("CHANGE", "security", "POST /api/v1/accounts", "wangmin") in told
    assert ("CHANGE", "security", "POST /api/v1/accounts/{username}/disable", "wangmin") in told


def test_who_runs_the_system_reads_the_list_and_changes_nothing(hall):
    operator = hall.as_(Role.OPERATOR)
    assert operator.get("/api/v1/accounts").status_code == 200
    page = operator.get("/accounts").text
    assert "security" in page and "加上" not in page and 'href="/accounts/security"' not in page
    assert operator.get("/accounts/clerk").status_code == 403
    assert code(operator.post("/api/v1/accounts/clerk/disable")) == (403, "ROLE")


# the same on pages


def keepers_page(hall):
    page = browser(hall)
    page.post("/login", data={"username": "security", "password": "demo"})
    return page


def test_the_page_adds_and_shows_the_password_this_once(hall):
    page = keepers_page(hall)
    shown = page.post("/accounts", data={"username": "wangmin", "role": "clerk"})
    assert shown.status_code == 200 and "wangmin 的初始密码" in shown.text
    given = shown.text.partition("<code>")[2].partition("</code>")[0]
    assert log_in(hall, "wangmin", given).json()["stage"] == "PASSWORD_CHANGE"
    assert given not in page.get("/accounts?q=wangmin").text
    assert given not in page.get("/accounts/wangmin").text
    again = page.post("/accounts", data={"username": "wangmin", "role": "clerk"})
    assert again.status_code == 409 and "已有账号 wangmin" in again.text
    wrong = (("王敏", "clerk", "小写字母"), ("limei", "", "请选择岗位"), ("limei", "auditor", "审计账号"))
    for name, role, said in wrong:
        refused = page.post("/accounts", data={"username": name, "role": role})
        assert refused.status_code in (403, 422) and said in refused.text, name
        assert name in refused.text, "what was typed is kept"


def test_the_page_of_an_account_does_each_thing(hall):
    page, clerk = keepers_page(hall), let_in(hall, "clerk")
    short = page.get("/accounts/clerk").text.partition('name="session" value="')[2][:16]
    for act, more, said in (
        ("end", {"session": short}, "这个登录已结束"),
        ("role", {"role": "outlet"}, "岗位已改"),
        ("disable", {}, "账号已停用"),
        ("enable", {}, "账号已启用"),
        ("end_all", {}, "全部登录已结束"),
    ):
        to = page.post("/accounts/clerk", data={"act": act, **more})
        assert to.status_code == 303, to.text
        assert said in page.get(to.headers["location"]).text
        assert clerk.get("/api/v1/tasks").status_code == 401
    reset = page.post("/accounts/clerk", data={"act": "reset"})
    assert "clerk 的初始密码" in reset.text
    assert "请选择岗位" in page.post("/accounts/clerk", data={"act": "role"}).text
    assert page.post("/accounts/nobody", data={"act": "disable"}).status_code == 404


def test_the_page_says_whose_account_is_not_his_business(hall):
    page = keepers_page(hall)
    assert "这是您自己的账号" in page.get("/accounts/security").text
    assert "审计账号不在这里管理" in page.get("/accounts/auditor").text
    refused = page.post("/accounts/auditor", data={"act": "reset"})
    assert refused.status_code == 403 and "审计账号" in refused.text


def test_the_list_is_filtered_and_turned_page_by_page(hall):
    page = keepers_page(hall)
    for number in range(51):
        added(hall, f"staff-{number:02}", "outlet")
    first = page.get("/accounts?role=outlet").text
    assert "staff-48" in first and "staff-50" not in first
    following = first.partition('<a href="/accounts?role=outlet&amp;after=')[2].partition('"')[0]
    second = page.get(f"/accounts?role=outlet&after={following}").text
    assert "staff-50" in second and "staff-48" not in second
    assert "没有符合条件的账号" in page.get("/accounts?q=zzz&state=closed").text
    assert page.get("/accounts?role=rubbish&state=rubbish").status_code == 200
