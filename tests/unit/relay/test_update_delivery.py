"""What does not fit the workflow's handlers is refused before anything is asked of the server."""

from typing import Any, cast

import pytest
from temporalio.client import Client

from domain.naming import CaseUpdate, case_workflow_id, delivery_workflow_id
from relay.update_delivery import Answer, Delivery, deliver_update

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
