"""What officers usually write: the narrowest rows for an item, and a text for everything that needs one."""

import pytest

from catalog.decision_templates import templates, templates_for
from catalog.model import ServiceType
from domain.terms import WireEvent

NEED_WORDS = (WireEvent.NEED_SUPPLEMENT, WireEvent.NOT_ACCEPTED, WireEvent.SUSPENDED, WireEvent.REJECTED)


@pytest.mark.parametrize("kind", ServiceType)
@pytest.mark.parametrize("event", NEED_WORDS)
def test_every_type_of_item_has_texts(kind, event):
    found = templates_for(event, "YZ-MPS-001", kind)
    assert found
    assert all(each.reason and each.legal_basis and len(each.legal_basis) <= 200 for each in found)


def test_the_licensing_act_is_cited_for_licences_only():
    for event in NEED_WORDS:
        licences = templates_for(event, "", ServiceType.LICENCE)
        assert all("行政许可法" in each.legal_basis for each in licences)
        others = templates_for(event, "", ServiceType.PUBLIC_SERVICE)
        assert not any("行政许可法" in each.legal_basis for each in others)


def test_names_are_told_apart():
    keys = [(each.event, each.service_type, each.item_code, each.name) for each in templates()]
    assert len(keys) == len(set(keys))
