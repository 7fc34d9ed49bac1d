"""Names that cross a boundary: running cases and the server's pages know them, so they stay as they are."""

from domain.naming import (
    SEARCH_ATTRIBUTES,
    case_no_of,
    case_workflow_id,
    command_key,
    delivery_workflow_id,
    leg_id,
    leg_id_of,
    partner_queue,
)
from domain.terms import Leg, Partner

CASE = "50010320261123000001X"


def test_a_case_and_its_workflow_name_each_other():
    assert case_workflow_id(CASE) == f"case-{CASE}"
    assert case_no_of(case_workflow_id(CASE)) == CASE


def test_a_leg_and_its_workflow_name_each_other():
    leg = leg_id(CASE, Leg.BACK)
    assert leg == f"{CASE}-BACK-1"
    assert leg_id(CASE, Leg.BACK, 2) == f"{CASE}-BACK-2"
    assert delivery_workflow_id(leg) == f"leg-{leg}"
    assert leg_id_of(delivery_workflow_id(leg)) == leg


def test_the_workflow_of_the_one_is_not_the_others():
    leg = leg_id(CASE, Leg.BACK)
    assert case_no_of(delivery_workflow_id(leg)) is None
    assert leg_id_of(case_workflow_id(CASE)) is None
    assert case_no_of("kuayu-job") is None


def test_a_command_is_one_of_its_handling_step_and_round():
    assert command_key(CASE, "submit") == f"{CASE}-submit-1"
    assert command_key(CASE, "supplement", 2) == f"{CASE}-supplement-2"


def test_every_network_has_a_queue_of_its_own():
    assert partner_queue(Partner.SICHUAN) == "kuayu-partner-sichuan"
    assert len({partner_queue(partner) for partner in Partner}) == len(Partner)


def test_operators_find_cases_by_what_never_changes():
    assert SEARCH_ATTRIBUTES == {
        "KuayuItem": "KEYWORD",
        "KuayuSchemes": "KEYWORD_LIST",
        "KuayuRegions": "KEYWORD_LIST",
    }
