"""Who stands nowhere opens nothing but his own account; a courier who is none in particular is the sandbox's alone."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from domain.terms import Role
from storage.people.units import set_active
from storage.people.users import UserRow
from tests.web.places import settle, stand
from tests.web.test_roles import FILL, RULES, TABLE

OWN = {
    route
    for route in TABLE
    if RULES[route] is not None and (route.split()[1].startswith(("/account", "/api/v1/account/")))
    and not route.split()[1].startswith("/accounts")
}  # fmt: skip


@pytest.fixture(scope="module")
def two(office):
    return settle(office)


@pytest.fixture(scope="module")
def nowhere(two):
    """One login per role that has lost its place."""
    office = two.office
    homes = {role: "post" if role in (Role.OUTLET, Role.COURIER) else "district" for role in Role}
    logins = {role: stand(office, f"lost-{role.value}", role, homes[role]) for role in Role}
    with office.database.write() as session:
        session.execute(update(UserRow).where(UserRow.username.in_(logins.values())).values(unit_id=None))
    return logins


def called(office, route, login):
    method, _, path = route.partition(" ")
    for name, value in FILL.items():
        path = path.replace(name, value)
    return office.call(method, path, login)


@pytest.mark.parametrize("role", Role)
def test_who_stands_nowhere_opens_his_own_account_alone(two, nowhere, role):
    opened = {
        route
        for route in TABLE
        if RULES[route] is not None and role in RULES[route] and route not in OWN
        if not _is_refused(called(two.office, route, nowhere[role]))
    }
    assert opened == set()
    for page in ("/account", "/api/v1/account/sessions", "/api/v1/account/factors"):
        assert two.call(nowhere[role], "GET", page).status_code == 200


def _is_refused(answer):
    told = answer.text if "html" in answer.headers["content-type"] else answer.json()["code"]
    return answer.status_code == 403 and ("NO_UNIT" in told or "还没有分到单位" in told)


def test_where_a_unit_is_closed_nobody_works(two):
    clerk = stand(two.office, "of-the-street", Role.CLERK, "street-a")
    assert two.call(clerk, "GET", "/api/v1/cases").status_code == 200
    for active, status in ((False, 403), (True, 200)):
        with two.office.database.write() as session:
            assert set_active(session, "street-a", active=active)
        assert two.call(clerk, "GET", "/api/v1/cases").status_code == status


def test_outside_the_sandbox_a_courier_is_one_in_particular(two):
    app = two.office.app
    usual = app.state.context
    paths = ("/api/v1/scan/parcels", "/api/v1/tasks")
    assert [two.call("courier", "GET", path).status_code for path in paths] == [200, 200]
    app.state.context = replace(usual, settings=usual.settings.model_copy(update={"sandbox": False, "devices": "any"}))
    try:
        assert [two.call("courier", "GET", path).json()["code"] for path in paths] == ["NO_UNIT", "NO_UNIT"]
        assert two.call("courier-here", "GET", paths[0]).status_code == 200
    finally:
        app.state.context = usual


def test_the_district_s_figures_are_for_who_stands_in_the_district(two):
    for path in ("/api/v1/dashboard", "/api/v1/measures", "/api/v1/status"):
        answers = [two.call(who, "GET", path).status_code for who in ("supervisor", "supervisor-here", "auditor-here")]
        assert answers == [200, 403, 403], path
