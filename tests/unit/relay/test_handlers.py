"""Every Update that may wait in a row has its handler, and takes what its row holds."""

import inspect

import pytest

from domain.naming import CaseUpdate, LegUpdate, case_workflow_id, delivery_workflow_id
from relay.handlers import CASE_HANDLERS, LEG_HANDLERS, handler_of
from workflows.case import CaseWorkflow
from workflows.delivery import DeliveryWorkflow


@pytest.mark.parametrize(
    ("workflow_id", "name", "of"),
    [
        *((case_workflow_id("x"), name, CaseWorkflow) for name in CaseUpdate),
        *((delivery_workflow_id("x"), name, DeliveryWorkflow) for name in LegUpdate),
    ],
)
def test_it_is_the_method_of_that_name(workflow_id, name, of):
    handler = handler_of(workflow_id, name)
    (_, argument) = inspect.signature(handler.update).parameters.values()
    assert handler.update is inspect.getattr_static(of, name)
    assert argument.annotation is handler.message


def test_none_is_left_out():
    assert set(CASE_HANDLERS) == set(CaseUpdate)
    assert set(LEG_HANDLERS) == set(LegUpdate)
