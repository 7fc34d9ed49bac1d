"""What does not fit the workflow's handlers is refused before anything is asked of the server."""

from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.naming import CaseUpdate, case_workflow_id, delivery_workflow_id
from relay.update_delivery import Answer, Delivery, answer_of, deliver_update

CASE = case_workflow_id("50010320261123000003X")
LEG = delivery_workflow_id("50010320261123000003X-P1")
NOWHERE = cast(Client, None)


@pytest.mark.parametrize(
    ("workflow_id", "name", "argument"),
    [
        (CASE, "no_such_update", {}),
        (LEG, CaseUpdate.CALENDAR_CHANGED, {"version": "2"}),  # a case's, not a leg's
        (CASE, CaseUpdate.CALENDAR_CHANGED, {"version": []}),
        (CASE, CaseUpdate.CALENDAR_CHANGED, {}),
    ],
)
async def test_an_update_that_does_not_fit_is_refused(workflow_id: str, name: str, argument: dict[str, Any]):
    answer = await deliver_update(NOWHERE, workflow_id, name, argument, "id-1")
    assert answer == Answer(delivery=Delivery.REFUSED, code="MALFORMED")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("workflow update was aborted by closing workflow", RPCStatusCode.NOT_FOUND),
        (
            "Unable to perform workflow execution update due to unexpected workflow task failure.",
            RPCStatusCode.FAILED_PRECONDITION,
        ),
    ],
)
def test_a_step_that_did_not_count_is_asked_again_at_once(message: str, status: RPCStatusCode):
    assert answer_of(RPCError(message, status, b"")).delivery is Delivery.AGAIN


def test_a_server_that_is_away_is_asked_later():
    assert answer_of(RPCError("no", RPCStatusCode.FAILED_PRECONDITION, b"")).delivery is Delivery.AWAY
