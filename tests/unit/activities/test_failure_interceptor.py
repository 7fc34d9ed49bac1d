"""How Temporal hears of a failure: kind, category, pace."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.failure_interceptor import application_error, tried_again
from activities.stuck_steps import subject_of
from domain.errors import AnswerLost, Misconfigured, PartnerRefused, PartnerResting
from domain.messages import FileOrder
from domain.naming import case_workflow_id, delivery_workflow_id, leg_id
from domain.terms import Leg, Partner
from tests.unit.storage.casework import CASE

C = ApplicationErrorCategory


@pytest.mark.parametrize(
    ("failure", "category"),
    [
        (AnswerLost("断"), C.BENIGN),
        (TimeoutError(), C.BENIGN),
        (ValueError("13800000000"), C.UNSPECIFIED),
        (Misconfigured("X 没有设置"), C.UNSPECIFIED),
    ],
)
def test_kind_and_category(failure, category):
    heard = application_error(failure)
    assert (heard.type, heard.category, heard.non_retryable) == (type(failure).__name__, category, False)
    assert "138" not in heard.message


def test_the_partners_wish_goes_before_our_own_pace():
    pause = timedelta(seconds=9)
    assert application_error(PartnerResting("稍后", retry_after_s=41.5), pause).next_retry_delay == timedelta(
        seconds=41.5
    )
    assert application_error(ValueError(), pause).next_retry_delay == pause
    assert application_error(ValueError()).next_retry_delay is None


def test_what_has_been_said_already_stays_as_it_is():
    said = ApplicationError("x", type="DEFERRED_OPEN")
    assert application_error(said) is said


def test_a_file_that_is_not_served_yet_is_no_error():
    assert tried_again(PartnerRefused("没有", code="404")).category is C.BENIGN


def test_a_step_is_told_with_all_that_is_known_of_its_place():
    leg = leg_id(CASE, Leg.FORWARD)
    assert subject_of(case_workflow_id(CASE), []).case_no == CASE
    assert subject_of(delivery_workflow_id(leg), [leg]).leg_id == leg
    order = FileOrder(handling_no=CASE, partner=Partner.SICHUAN, sha256="0")
    found = subject_of(case_workflow_id(CASE), [order])
    assert (found.case_no, found.handling_no, found.leg_id) == (CASE, CASE, None)
    assert subject_of("job-sweep", ["sweep"]).case_no is None
