"""Agreements: seeded, honest about it, and the nearest one counts."""

from datetime import date

import pytest
from pydantic import ValidationError

from catalog.agreement_list import seeded
from catalog.agreements import DECLARED, Agreement, Agreements, DelegatedPower
from catalog.regions import find
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
