"""Agreements: seeded, honest about it, and the nearest one counts."""

from datetime import date

import pytest
from pydantic import ValidationError

from catalog.agreements import DECLARED, Agreement, Agreements, DelegatedPower, seeded
from catalog.regions import find
from domain.terms import Scheme

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
    assert seeded().find(Scheme.SOUTHWEST, "450103", "X", date(2022, 5, 24)) is None
    assert seeded().find(Scheme.SOUTHWEST, "450103", "X", date(2022, 5, 25)) is not None
    assert seeded().find(Scheme.SOUTHWEST, "520102", "X", date(2022, 5, 24)) is not None


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
    assert both.find(Scheme.CHUANYU, "511602", "A", TODAY) is county
    assert both.find(Scheme.CHUANYU, "511602", "A", date(2026, 1, 1)) is county
    assert both.find(Scheme.CHUANYU, "511602", "A", date(2025, 12, 31)) is province
    assert both.find(Scheme.CHUANYU, "511602", "A", date(2026, 11, 24)) is province
    assert both.find(Scheme.CHUANYU, "511602", "B", TODAY) is province
    assert both.find(Scheme.CHUANYU, "511602", "C", TODAY) is None
    assert both.find(Scheme.SOUTHWEST, "511602", "A", TODAY) is None
    assert both.find(Scheme.CHUANYU, "520102", "A", TODAY) is None
    assert both.recorded == 1


def test_a_region_out_of_form_is_refused():
    with pytest.raises(ValidationError):
        Agreement(scheme=Scheme.CHUANYU, region="51160")
