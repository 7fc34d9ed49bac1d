"""Every form of the catalogue can be filled, in each of its situations, by somebody who may apply."""

import random
from datetime import date, timedelta

import pytest

from catalog.forms.generic import form_of
from catalog.forms.persons import FormApplicant
from catalog.items import load
from catalog.model import Applicants
from demo.filling import Unfillable, answers_of, credit_code, resident
from domain.terms import ApplicantType, IdType

TODAY = date(2026, 11, 29)
ITEMS = load().items
_AGES = (30, 62, 5, 17, 75, 85, 0)


def applicants(item, chance):
    """People of every age that some rule asks for, or a firm."""
    if item.applicant is Applicants.ENTERPRISE:
        yield FormApplicant(type=ApplicantType.ENTERPRISE, id_type=IdType.CREDIT_CODE, id_number=credit_code(chance))
        return
    for years in _AGES:
        birth = TODAY - timedelta(days=int(years * 365.25) + 40)
        yield FormApplicant(id_type=IdType.RESIDENT, id_number=resident(chance, birth, man=chance.random() < 0.5))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_a_form_can_be_filled(item):
    chance = random.Random(item.code)
    definition = form_of(item)
    open_ones = {situation.key for situation in definition.situations}
    for who in applicants(item, chance):
        for _ in range(30):
            try:
                open_ones.discard(answers_of(definition, who, chance, TODAY).get("situation"))
            except Unfillable:
                break
            if not open_ones:
                return
    assert not open_ones and definition.situations, f"cannot be filled: {open_ones or item.name}"
