"""The tree of units: what each covers, what may stand where."""

import pytest

from domain.terms import Role
from domain.units import (
    DISTRICT,
    FIRST_UNIT,
    HALL,
    NOWHERE,
    POST,
    STANDS_AT,
    UNDER,
    Misplaced,
    Unit,
    UnitKind,
    misplaced,
    reach_of,
)

K = UnitKind


def tree(*units):
    always = (
        Unit(id=DISTRICT, kind=K.DISTRICT, name="区"),
        Unit(id=HALL, kind=K.HALL, name="大厅", parent=DISTRICT),
        Unit(id=POST, kind=K.POST, name="邮政", parent=DISTRICT),
        Unit(id="daping", kind=K.OUTLET, name="大坪", parent=POST, ref="daping"),
        Unit(id="street", kind=K.STREET, name="街道", parent=HALL),
        Unit(id="bank", kind=K.BANK, name="银行", parent="street"),
        Unit(id="dept-a", kind=K.DEPARTMENT, name="甲局", parent=DISTRICT, ref="甲局"),
        Unit(id="dept-a1", kind=K.DEPARTMENT, name="甲局一科", parent="dept-a", ref="甲局一科"),
        Unit(id="sichuan", kind=K.PARTNER, name="川渝", parent=DISTRICT, ref="sichuan"),
    )
    return {unit.id: unit for unit in (*always, *units)}


def closed(tree, unit_id):
    return tree | {unit_id: tree[unit_id].model_copy(update={"active": False})}


def test_a_unit_covers_itself_and_what_is_below_it():
    units = tree()
    assert reach_of(units, HALL).units == {HALL, "street", "bank"}
    assert reach_of(units, "bank").units == {"bank"}
    post = reach_of(units, POST)
    assert (post.outlets, post.post, post.whole, post.departments) == ({"daping"}, True, False, frozenset())
    outlet = reach_of(units, "daping")
    assert (outlet.outlets, outlet.post) == ({"daping"}, False)
    assert reach_of(units, "dept-a").departments == {"甲局", "甲局一科"}
    assert reach_of(units, "dept-a1").departments == {"甲局一科"}
    assert reach_of(units, "sichuan").networks == {"sichuan"}


def test_the_district_covers_all_and_nobody_else_does():
    units = tree()
    assert reach_of(units, DISTRICT).units == units.keys()
    assert [unit_id for unit_id in units if reach_of(units, unit_id).whole] == [DISTRICT]


@pytest.mark.parametrize("unit_id", [None, "", "nowhere"])
def test_without_a_unit_nothing_is_covered(unit_id):
    assert reach_of(tree(), unit_id) == NOWHERE
    assert (NOWHERE.unit, NOWHERE.whole, NOWHERE.post, NOWHERE.units) == (None, False, False, frozenset())


def test_below_what_is_closed_nothing_is_covered_and_from_above_it_is_covered_still():
    units = closed(tree(), "street")
    assert reach_of(units, "street") == reach_of(units, "bank") == NOWHERE
    assert reach_of(units, HALL).units == {HALL, "street", "bank"}


def test_a_tree_that_goes_round_is_looked_at_once():
    a, b = (Unit(id=one, kind=K.STREET, name=one, parent=other) for one, other in (("aa", "bb"), ("bb", "aa")))
    assert reach_of(tree(a, b), "aa").units == {"aa", "bb"}


@pytest.mark.parametrize(
    ("kind", "parent", "ref", "why"),
    [
        (K.HALL, DISTRICT, "", None),
        (K.STREET, HALL, "", None),
        (K.BANK, "street", "", None),
        (K.DEPARTMENT, "dept-a", "甲局二科", None),
        (K.OUTLET, POST, "caiyuanba", None),
        (K.DISTRICT, DISTRICT, "", Misplaced.KIND),
        (K.POST, DISTRICT, "", Misplaced.KIND),
        (K.HALL, POST, "", Misplaced.PARENT),
        (K.HALL, "nowhere", "", Misplaced.PARENT),
        (K.OUTLET, HALL, "caiyuanba", Misplaced.PARENT),
        (K.OUTLET, POST, "", Misplaced.REF),
        (K.OUTLET, POST, "daping", Misplaced.REF),
        (K.DEPARTMENT, DISTRICT, "甲局", Misplaced.REF),
        (K.HALL, DISTRICT, "甲局", Misplaced.REF),
    ],
)
def test_what_may_stand_where(kind, parent, ref, why):
    assert misplaced(tree(), Unit(id="new", kind=kind, name="新", parent=parent, ref=ref)) == why


@pytest.mark.parametrize("role", Role)
def test_everybody_s_first_place_is_one_where_his_role_may_stand(role):
    assert tree()[FIRST_UNIT[role]].kind in STANDS_AT[role]


def test_every_kind_has_its_label_and_its_place():
    assert UNDER.keys() == set(K)
    assert len({kind.label for kind in K}) == len(K)
