"""The trail says in words what was done, and where that belongs."""

import pytest

from web.foundation.audited_routes import EXPORTS, LOOKS
from web.openapi import operation_words
from web.views.audit_words import action_said, area_of


@pytest.mark.parametrize("action", sorted(action for action in LOOKS | EXPORTS if " /api/" not in action))
def test_what_a_page_shows_has_words(action):
    assert action_said(action, {})


def test_an_operation_is_told_by_its_title():
    assert action_said("GET /api/v1/cases/{case_no}", {"GET /api/v1/cases/{case_no}": "看办件"}) == "看办件"
    assert operation_words()["getCase"] == "看办件"


def test_what_has_no_words_says_nothing_and_keeps_its_area():
    assert action_said("POST /api/v1/unknown", {}) == ""
    assert area_of("kuayu user add", {}) == "命令行"
    assert area_of("GET /nowhere", {}) == "其他"
