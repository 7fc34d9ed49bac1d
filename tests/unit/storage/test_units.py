"""Units as rows, and where everybody was put who was there before them; on both databases."""

from alembic import command
from sqlalchemy import select, text, update

from catalog.items import load
from domain.terms import Partner, Role
from domain.units import DISTRICT, UnitKind
from logistics.outlets import load_outlets
from parcels.outlets import seed_couriers
from parcels.units import seed_units
from storage.cases.rows import CaseRow, HandlingRow
from storage.migrating import _config, migrate
from storage.people.passwords import hashed
from storage.people.units import UnitRow, set_active, unit_of, units_now, version_of_units
from storage.people.users import UserRow, put_user
from tests.unit.storage.casework import CASE, register

BEFORE = "0044"
DEMO = hashed("demo")


def refs(session, kind):
    return {unit.ref for unit in units_now(session).values() if unit.kind is kind}


def test_there_is_a_unit_for_all_that_the_catalogue_and_the_post_name_and_no_second_one(database):
    items = load().items
    with database.write() as session:
        added = seed_units(session, items)
        assert seed_units(session, items) == []
    with database.read() as session:
        assert refs(session, UnitKind.DEPARTMENT) == {item.department for item in items if item.department}
        assert refs(session, UnitKind.OUTLET) == {outlet.id for outlet in load_outlets()}
        assert refs(session, UnitKind.PARTNER) == set(Partner)
        assert not [unit for unit in added if unit_of(session, unit).kind is not UnitKind.DEPARTMENT]
        parents = {unit.parent for unit in units_now(session).values()}
        assert parents <= {None, *units_now(session)}


def test_the_tree_has_another_version_with_each_change_and_only_then(database):
    def version():
        with database.read() as session:
            return session.scalar(select(version_of_units()))

    first = version()
    for active, moved in ((False, 1), (False, 1), (True, 2)):
        with database.write() as session:
            assert set_active(session, "daping", active=active)
        assert version() == first + moved
    with database.write() as session:
        assert not set_active(session, "nowhere", active=False)
    assert version() == first + 2


PLACED = [
    ("clerk", Role.CLERK, "hall", None),
    ("officer", Role.OFFICER, DISTRICT, None),
    ("supervisor", Role.SUPERVISOR, DISTRICT, None),
    ("auditor", Role.AUDITOR, DISTRICT, None),
    ("operator", Role.OPERATOR, DISTRICT, None),
    ("outlet", Role.OUTLET, "post", None),
    ("daping", Role.OUTLET, "daping", None),
    ("daping-desk", Role.OUTLET, "daping", None),
    ("dapingx", Role.OUTLET, "post", None),
    ("courier", Role.COURIER, "post", None),
    ("daping-1", Role.COURIER, "daping", "daping-1"),
    ("daping-zhang", Role.COURIER, "daping", None),
    ("daping-2x", Role.CLERK, "hall", None),
]


def test_who_was_there_before_units_stands_where_he_worked(database):
    with database.write() as session:
        seed_couriers(session)
        for username, role, _, _ in PLACED:
            put_user(session, username, role, DEMO, DISTRICT)
    command.downgrade(_config(database.engine), BEFORE)
    migrate(database.engine)
    with database.read() as session:
        asked = select(UserRow.username, UserRow.role, UserRow.unit_id, UserRow.courier_id)
        assert sorted(tuple(row) for row in session.execute(asked)) == sorted(PLACED)


def test_cases_of_before_are_the_hall_s_and_their_handlings_their_department_s(database):
    register(database)
    with database.write() as session:
        session.execute(update(CaseRow).values(item={"department": "公安"}, unit_id="elsewhere"))
    command.downgrade(_config(database.engine), BEFORE)
    migrate(database.engine)
    with database.read() as session:
        assert session.get_one(CaseRow, CASE).unit_id == "hall"
        assert session.get_one(HandlingRow, CASE).department == "公安"


def test_going_back_makes_nobody_an_operator(database):
    with database.write() as session:
        put_user(session, "guard", Role.SECURITY, DEMO, DISTRICT)
    command.downgrade(_config(database.engine), BEFORE)
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT role, active FROM user_account WHERE username = 'guard'")).one()
    assert (found.role, bool(found.active)) == ("operator", False)
    migrate(database.engine)
    with database.read() as session:
        assert session.get(UnitRow, DISTRICT) is not None
