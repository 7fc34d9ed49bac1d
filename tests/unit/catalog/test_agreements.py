"""Agreements: seeded, honest about it, and the nearest one counts."""

from datetime import date

import pytest
from pydantic import ValidationError

from catalog.agreements import COLUMNS, DECLARED, Agreement, Agreements, DelegatedPower, parse_agreements, seeded
from catalog.regions import find
from catalog.tables import Table
from domain.errors import BadInput
from domain.terms import Mode, Scheme

TODAY = date(2026, 11, 23)


def test_the_seed_invents_nothing():
    assert len(seeded().all) == 1 + 5 + 30 + 1
    for agreement in seeded().all:
        assert agreement.region.endswith("0000") and find(agreement.region) is not None
        assert not agreement.confirmed
        assert agreement.contact is None and agreement.postal_address is None
        assert agreement.delegated == frozenset()
        assert agreement.items is None
    assert str(DECLARED) in seeded().summary
    assert seeded().recorded == 0


def test_guangxi_joined_on_its_day():
    assert seeded().find(Scheme.SOUTHWEST, "450103", "X", date(2022, 5, 24), Mode.ONLINE) is None
    assert seeded().find(Scheme.SOUTHWEST, "450103", "X", date(2022, 5, 25), Mode.ONLINE) is not None
    assert seeded().find(Scheme.SOUTHWEST, "520102", "X", date(2022, 5, 24), Mode.ONLINE) is not None


def test_the_nearest_agreement_counts_and_validity_includes_both_ends():
    county = Agreement(
        scheme=Scheme.CHUANYU,
        region="511602",
        items=frozenset({"A"}),
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 11, 23),
        delegated=frozenset({DelegatedPower.ACCEPT}),
        confirmed=True,
    )
    province = Agreement(scheme=Scheme.CHUANYU, region="510000", items=frozenset({"A", "B"}))
    both = Agreements([province, county])
    assert both.find(Scheme.CHUANYU, "511602", "A", TODAY, Mode.ONLINE) is county
    assert both.find(Scheme.CHUANYU, "511602", "A", date(2026, 1, 1), Mode.ONLINE) is county
    assert both.find(Scheme.CHUANYU, "511602", "A", date(2025, 12, 31), Mode.ONLINE) is province
    assert both.find(Scheme.CHUANYU, "511602", "A", date(2026, 11, 24), Mode.ONLINE) is province
    assert both.find(Scheme.CHUANYU, "511602", "B", TODAY, Mode.ONLINE) is province
    assert both.find(Scheme.CHUANYU, "511602", "C", TODAY, Mode.ONLINE) is None
    assert both.find(Scheme.SOUTHWEST, "511602", "A", TODAY, Mode.ONLINE) is None
    assert both.find(Scheme.CHUANYU, "520102", "A", TODAY, Mode.ONLINE) is None
    assert both.recorded == 1


def test_a_region_out_of_form_is_refused():
    with pytest.raises(ValidationError):
        Agreement(scheme=Scheme.CHUANYU, region="51160")


def test_a_region_may_work_in_some_modes_only():
    window = Agreements([Agreement(scheme=Scheme.CHUANYU, region="511602", modes=frozenset({Mode.COLLECT}))])
    assert window.find(Scheme.CHUANYU, "511602", "A", TODAY, Mode.COLLECT) is not None
    assert window.find(Scheme.CHUANYU, "511602", "A", TODAY, Mode.ONLINE) is None


CONTACT = "0826-2345678"
SCOPE = ("YZ-MPS-001;YZ-MPS-002", "异地代收代办")
GOOD = ("chuanyu", "511602", *SCOPE, CONTACT, "", "2026-01-01", "", "收件受理权", "yes")


def agreement_table(**changes):
    row = dict(zip(COLUMNS, GOOD, strict=True)) | changes
    return Table(file="agreements.csv", header=COLUMNS, rows=(tuple(row[c] for c in COLUMNS),))


def test_the_districts_own_list():
    agreements = parse_agreements(agreement_table())
    assert agreements.recorded == 1
    found = agreements.find(Scheme.CHUANYU, "511602", "YZ-MPS-002", TODAY, Mode.COLLECT)
    assert found is not None and found.contact == CONTACT
    assert found.delegated == {DelegatedPower.ACCEPT}
    assert found.valid_to is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("scheme", "川渝"),
        ("region", "999999"),
        ("scope", ""),
        ("modes", "网办"),
        ("valid_from", "2026-13-01"),
        ("delegated", "审批权"),
        ("confirmed", "是的"),
    ],
)
def test_a_fault_is_named_by_row_and_column(column, value):
    with pytest.raises(BadInput, match=f"agreements.csv 第2行 {column}：不能是“{value}”"):
        parse_agreements(agreement_table(**{column: value}))


def test_a_wrong_header_or_width():
    with pytest.raises(BadInput, match="表头应为"):
        parse_agreements(Table(file="a.csv", header=("scheme",), rows=()))
    with pytest.raises(BadInput, match="应有10列，现在是1列"):
        parse_agreements(Table(file="a.csv", header=COLUMNS, rows=(("chuanyu",),)))
