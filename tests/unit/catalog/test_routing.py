"""Routing: the order of networks, the legs, the gates, and a refusal that helps."""

import itertools
from datetime import date, timedelta
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.agreement_list import seeded
from catalog.agreements import Agreement, Agreements
from catalog.eligibility import RouteApplicant
from catalog.items import load
from catalog.model import Applicants, Membership
from catalog.regions import _table, outwards
from catalog.routing import Refusal, RefusalCode, Route, route
from domain.terms import PARTNER_OF_SCHEME, IdType, Leg, Mode, Partner, ResultForm, Scheme

TODAY = date(2026, 11, 23)
ITEMS = load().items
SAMPLE = ["500103", "500112", "500157", "511602", "510000", "520102", "530102", "540102", "450103", "440103",
          "110101", "469005", "650102", "710000", "810000"]  # fmt: skip
OUTSIDE = {"71", "81", "82"}


def go(code, region, **more):
    return route(load().by_code[code], region, **{"date": TODAY, "agreements": seeded(), **more})


def expected_scheme(item, region):
    """The rule of the brief, written a second time and the slow way."""
    province = region[:2]
    order = ["interprovincial"]
    if province == "50":
        order = ["quanyu"]
    elif province == "51":
        order = ["chuanyu", "southwest", "interprovincial"]
    elif province in ("52", "53", "54", "45"):
        order = ["southwest", "interprovincial"]
    elif province in OUTSIDE:
        order = []
    return next((name for name in order if name in item.schemes), None)


@pytest.mark.parametrize("region", SAMPLE)
def test_every_item_in_every_kind_of_region(region):
    for item in ITEMS:
        result = route(item, region, date=TODAY, agreements=seeded())
        wanted = expected_scheme(item, region)
        if wanted is None:
            assert isinstance(result, Refusal), (item.code, region)
            assert result.code is RefusalCode.NO_NETWORK
            assert result.reason.endswith("。") and result.instead.endswith("。")
            continue
        assert isinstance(result, Route), (item.code, region, result)
        assert result.scheme == wanted
        assert result.partner is PARTNER_OF_SCHEME[result.scheme]
        assert result.mode is item.mode
        assert item.name in result.reason and result.scheme.label in result.reason
        check_legs(item, region, result)


def check_legs(item, region, result):
    legs = set(result.legs)
    assert not legs & {Leg.PICKUP, Leg.DELIVERY}
    if region == "500103":
        assert not legs
        return
    assert (Leg.FORWARD in legs) == item.inbound_courier
    assert (Leg.BACK in legs) == (item.inbound_courier or item.outbound_courier)


@pytest.mark.parametrize(
    ("code", "region", "scheme", "partner"),
    [
        ("YZ-MPS-001", "511602", Scheme.CHUANYU, Partner.SICHUAN),
        ("YZ-HRSS-001", "520102", Scheme.SOUTHWEST, Partner.SOUTHWEST),
        ("YZ-HRSS-001", "450103", Scheme.SOUTHWEST, Partner.SOUTHWEST),
        ("YZ-MOJ-001", "440103", Scheme.INTERPROVINCIAL, Partner.INTERPROVINCIAL),
        ("YZ-MPS-001", "500103", Scheme.QUANYU, None),
        ("YZ-MPS-001", "500112", Scheme.QUANYU, None),
        ("YZ-MPS-062", "520102", Scheme.INTERPROVINCIAL, Partner.INTERPROVINCIAL),
    ],
)
def test_known_routes(code, region, scheme, partner):
    result = go(code, region)
    assert isinstance(result, Route)
    assert (result.scheme, result.partner) == (scheme, partner)


def test_legs_of_a_case_with_originals():
    result = go("YZ-MPS-021", "511602")
    assert result.legs == (Leg.FORWARD, Leg.BACK)
    assert go("YZ-MPS-021", "500112").legs == (Leg.FORWARD, Leg.BACK)
    assert go("YZ-MPS-021", "500103").legs == ()
    assert go("YZ-MPS-001", "511602").legs == (Leg.BACK,)


def test_guangxi_before_it_joined():
    before = go("YZ-HRSS-001", "450103", date=date(2022, 5, 24))
    assert before.scheme is Scheme.INTERPROVINCIAL
    southwest_only = [i for i in ITEMS if Scheme.SOUTHWEST in i.schemes and Scheme.INTERPROVINCIAL not in i.schemes]
    assert southwest_only == []  # else the refusal below would need one of them
    only = load().by_code["YZ-HRSS-001"].model_copy(update={"schemes": (Scheme.SOUTHWEST,)})
    refusal = route(only, "450103", date=date(2022, 5, 24), agreements=seeded())
    assert isinstance(refusal, Refusal) and refusal.code is RefusalCode.NO_AGREEMENT
    assert "2022-05-25" in refusal.instead


def test_items_of_2022_no_34_before_their_day():
    refusal = go("YZ-TAX-002", "511602", date=date(2022, 9, 27))
    assert refusal.code is RefusalCode.ITEM_NOT_IN_FORCE
    assert "2022-09-28" in refusal.reason
    assert isinstance(go("YZ-TAX-002", "511602", date=date(2022, 9, 28)), Route)


def with_memberships(code, *memberships):
    return load().by_code[code].model_copy(update={"memberships": memberships})


def test_a_network_opens_an_item_on_its_own_day():
    """川渝 has moved households since 2020, the national list only since 2022-09-28."""
    day = date(2022, 9, 27)
    assert go("YZ-MPS-011", "511602", date=day).scheme is Scheme.CHUANYU
    later = go("YZ-MPS-011", "440103", date=day)
    assert later.code is RefusalCode.ITEM_NOT_IN_FORCE and "2022-09-28起开通跨省通办" in later.reason
    assert go("YZ-MPS-011", "440103", date=date(2022, 9, 28)).scheme is Scheme.INTERPROVINCIAL
    # Where the better network does not carry it yet, the next one does.
    late = with_memberships("YZ-MPS-001", Membership(scheme=Scheme.CHUANYU, valid_from=date(2027, 1, 1)))
    assert route(late, "511602", date=TODAY, agreements=seeded()).scheme is Scheme.SOUTHWEST
    assert route(late, "511602", date=date(2027, 1, 1), agreements=seeded()).scheme is Scheme.CHUANYU


def test_a_network_ends_an_item():
    ended = with_memberships(
        "YZ-MOJ-001", *(Membership(scheme=s, valid_to=date(2026, 11, 22)) for s in load().by_code["YZ-MOJ-001"].schemes)
    )
    assert isinstance(route(ended, "440103", date=date(2026, 11, 22), agreements=seeded()), Route)
    refusal = route(ended, "440103", date=TODAY, agreements=seeded())
    assert refusal.code is RefusalCode.ITEM_NOT_IN_FORCE and "停止" in refusal.reason


def test_the_mode_is_the_regions_own_and_the_nearest_row_decides():
    item = with_memberships(
        "YZ-HRSS-001",
        Membership(scheme=Scheme.SOUTHWEST, region="520000", mode=Mode.COLLECT),
        Membership(scheme=Scheme.SOUTHWEST, region="520102", mode=Mode.JOINT),
        Membership(scheme=Scheme.SOUTHWEST, region="520103", valid_to=date(2026, 1, 1)),
    )

    def mode_at(region, **more):
        found = route(item, region, date=TODAY, agreements=seeded(), **more)
        return found.mode if isinstance(found, Route) else found.code

    assert mode_at("520302") is Mode.COLLECT
    assert mode_at("520102") is Mode.JOINT
    assert mode_at("530102") is item.mode is Mode.ONLINE
    # Its southwest network has ended there, the interprovincial one goes on.
    ended = route(item, "520103", date=TODAY, agreements=seeded())
    assert (ended.scheme, ended.mode) == (Scheme.INTERPROVINCIAL, Mode.ONLINE)
    only = item.model_copy(update={"schemes": (Scheme.SOUTHWEST,)})
    refusal = route(only, "520302", date=TODAY, agreements=seeded(), mode=Mode.ONLINE)
    assert refusal.code is RefusalCode.MODE and "异地代收代办" in refusal.instead and "全程网办" not in refusal.instead
    # An agreement may be for some modes only: the mode of the region is what it is asked for.
    by_window = Agreements([Agreement(scheme=Scheme.SOUTHWEST, region="520000", modes=frozenset({Mode.COLLECT}))])
    assert isinstance(route(only, "520302", date=TODAY, agreements=by_window), Route)
    assert route(only, "520102", date=TODAY, agreements=by_window).code is RefusalCode.NO_AGREEMENT


def test_it_takes_less_than_a_millisecond():
    """p99 over every item × a sample of regions; its own time, whatever else the machine does."""
    agreements, took = seeded(), []
    applicant = RouteApplicant(id_type=IdType.RESIDENT, household_region="511602")
    for item, region in itertools.product(ITEMS, SAMPLE):
        begun = thread_time()
        route(item, region, date=TODAY, agreements=agreements, applicant=applicant)
        took.append(thread_time() - begun)
    assert sorted(took)[int(len(took) * 0.99)] <= 0.001


def test_modes():
    assert go("YZ-HRSS-001", "520102", mode=Mode.ONLINE).mode is Mode.ONLINE
    by_window = go("YZ-HRSS-001", "520102", mode=Mode.COLLECT)
    assert by_window.mode is Mode.COLLECT and Leg.FORWARD not in by_window.legs
    for code, mode in [("YZ-MPS-001", Mode.ONLINE), ("YZ-MPS-001", Mode.JOINT), ("YZ-MPS-006", Mode.COLLECT)]:
        refusal = go(code, "511602", mode=mode)
        assert refusal.code is RefusalCode.MODE
        assert load().by_code[code].mode in refusal.instead


@pytest.mark.parametrize(
    ("household", "name"), [("540102", "西藏"), ("150102", "内蒙古"), ("450103", "广西"), ("650102", "新疆")]
)
def test_cards_in_two_scripts_are_refused(household, name):
    refusal = go("YZ-MPS-001", "511602", applicant=RouteApplicant(household_region=household))
    assert refusal.code is RefusalCode.HOUSEHOLD
    assert name in refusal.reason
    assert "派出所" in refusal.instead


def test_other_households_and_items_are_not():
    assert isinstance(go("YZ-MPS-001", "511602", applicant=RouteApplicant(household_region="511602")), Route)
    assert isinstance(go("YZ-MOJ-001", "511602", applicant=RouteApplicant(household_region="540102")), Route)


@pytest.mark.parametrize(
    ("code", "id_type", "refused"),
    [
        ("YZ-MPS-001", IdType.RESIDENT, None),
        ("YZ-MPS-001", IdType.PASSPORT, RefusalCode.ID_TYPE),
        ("YZ-MPS-001", IdType.CREDIT_CODE, RefusalCode.APPLICANT),
        ("YZ-SAMR-001", IdType.RESIDENT, RefusalCode.APPLICANT),
        ("YZ-SAMR-001", IdType.CREDIT_CODE, None),
        ("YZ-MPS-035", IdType.RESIDENT, RefusalCode.ID_TYPE),
        ("YZ-MPS-035", IdType.HMT_RESIDENT, None),
        ("YZ-MPS-052", IdType.PASSPORT, None),
    ],
)
def test_id_types(code, id_type, refused):
    item = load().by_code[code]
    if id_type is IdType.RESIDENT and code == "YZ-SAMR-001":
        assert item.applicant is Applicants.ENTERPRISE
    result = go(code, "511602", applicant=RouteApplicant(id_type=id_type))
    assert (result.code if isinstance(result, Refusal) else None) is refused


def test_unknown_region_and_retired_region():
    assert go("YZ-MPS-001", "999999").code is RefusalCode.REGION_UNKNOWN
    assert go("YZ-MPS-001", "").code is RefusalCode.REGION_UNKNOWN
    retired = go("YZ-MPS-001", "500112")
    assert "500157" in retired.reason
    early = go("YZ-MPS-001", "500157", date=date(2024, 12, 31))
    assert early.code is RefusalCode.REGION_UNKNOWN and "自2025年起" in early.reason
    assert isinstance(go("YZ-MPS-001", "500157", date=date(2025, 1, 1)), Route)


def test_the_home_share_of_a_joint_case():
    alone = go("YZ-MPS-007", "500103")
    assert alone.code is RefusalCode.NO_NETWORK and "川渝通办" in alone.instead
    share = go("YZ-MPS-007", "500103", joint=True)
    assert share.scheme is Scheme.QUANYU and share.partner is None and share.mode is Mode.JOINT
    assert isinstance(go("YZ-HRSS-047", "440103", joint=True), Route | Refusal)


def test_an_agreement_of_limited_scope():
    only = Agreements([Agreement(scheme=Scheme.CHUANYU, region="511602", items=frozenset({"YZ-MPS-001"}))])
    assert isinstance(go("YZ-MPS-001", "511602", agreements=only), Route)
    refusal = go("YZ-MPS-002", "511602", agreements=only)
    assert refusal.code is RefusalCode.NO_AGREEMENT
    assert go("YZ-MPS-001", "510104", agreements=only).code is RefusalCode.NO_AGREEMENT


items = st.sampled_from(ITEMS)
regions = st.sampled_from(tuple(_table().values()))
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
applicants = st.none() | st.builds(
    RouteApplicant,
    id_type=st.none() | st.sampled_from(IdType),
    household_region=st.none() | st.sampled_from(SAMPLE),
)


placed = st.builds(
    Membership,
    scheme=st.sampled_from(Scheme),
    region=st.none() | st.sampled_from([code for known in SAMPLE for code in outwards(known)]),
    mode=st.none() | st.sampled_from(Mode),
    valid_from=st.none() | days,
    valid_to=st.none() | days,
)


@given(items, st.lists(placed, max_size=4), st.sampled_from(SAMPLE), days, st.none() | st.sampled_from(Mode))
def test_a_route_keeps_to_what_was_laid_down_for_its_network_and_region(item, rows, region, day, mode):
    dated = item.model_copy(update={"memberships": tuple(rows)})
    result = route(dated, region, date=day, agreements=seeded(), mode=mode)
    if isinstance(result, Refusal):
        assert result.reason.strip("。") and result.instead.strip("。")
        return
    mine = [row for row in rows if row.scheme is result.scheme]
    nearest = next(
        (near for place in (*outwards(region), None) if (near := [r for r in mine if r.region == place])), []
    )
    assert not nearest or any(row.valid_on(day) for row in nearest)
    usual = {row.mode or item.mode for row in nearest if row.valid_on(day)} or {item.mode}
    assert result.mode in usual or (result.mode is mode is Mode.COLLECT and Mode.ONLINE in usual)


@given(items, regions, days, applicants, st.none() | st.sampled_from(Mode), st.booleans())
def test_a_route_is_always_lawful_and_a_refusal_always_helps(item, region, day, applicant, mode, joint):
    result = route(item, region.code, date=day, agreements=seeded(), applicant=applicant, mode=mode, joint=joint)
    again = route(item, region.code, date=day, agreements=seeded(), applicant=applicant, mode=mode, joint=joint)
    assert result == again
    if isinstance(result, Refusal):
        assert result.reason.strip("。") and result.instead.strip("。")
        assert result.sentence == result.reason + result.instead
        return
    assert any(m.valid_on(day) for m in item.memberships_at(result.scheme, region.code))
    assert mode in (None, result.mode)
    assert result.agreement.covers(item.code, day, result.mode)
    assert result.agreement.scheme is result.scheme
    assert result.agreement.region[:2] == region.code[:2]
    assert result.scheme in item.schemes or (joint and item.mode is Mode.JOINT)
    assert (result.partner is None) == (region.code[:2] == "50")
    if item.result_form is ResultForm.ELECTRONIC and not item.inbound_courier:
        assert Leg.BACK not in result.legs


@given(items, regions, days, st.sets(st.integers(0, 36)))
def test_more_agreements_never_take_a_route_away(item, region, day, dropped):
    fewer = Agreements(a for place, a in enumerate(seeded().all) if place not in dropped)
    few = route(item, region.code, date=day, agreements=fewer)
    many = route(item, region.code, date=day, agreements=seeded())
    if isinstance(few, Route):
        assert isinstance(many, Route)


@given(items, regions, days, days)
def test_seeded_networks_never_close_again(item, region, one, other):
    early, late = sorted([one, other])
    if isinstance(route(item, region.code, date=early, agreements=seeded()), Route):
        assert isinstance(route(item, region.code, date=late, agreements=seeded()), Route)


def test_every_refusal_code_has_been_seen():
    day_before = date(2022, 9, 28) - timedelta(days=1)
    seen = set()
    cases = itertools.chain(
        [go("YZ-TAX-002", "511602", date=day_before), go("YZ-MPS-001", "1"), go("YZ-MPS-012", "440103")],
        [go("YZ-MPS-001", "511602", agreements=Agreements([])), go("YZ-MPS-001", "511602", mode=Mode.JOINT)],
        (go("YZ-MPS-001", "511602", applicant=RouteApplicant(id_type=t)) for t in IdType),
        (go("YZ-MPS-001", "511602", applicant=RouteApplicant(household_region=h)) for h in ("540102", "999999")),
    )
    seen = {result.code for result in cases if isinstance(result, Refusal)}
    assert seen == set(RefusalCode)
