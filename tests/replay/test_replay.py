"""Every recorded history still runs, command by command; a change of order turns this red.

What to do then: architecture.md "Changing a workflow".
"""

import pydantic
import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from demo.people import applicant
from domain.naming import CASE_WORKFLOW, DELIVERY_WORKFLOW
from runtime.temporal import settle_at_exit
from tests.replay import books
from tests.replay.clocked import AsksTheMachine
from tests.replay.listening import Listening, Said
from tests.replay.reordered import LooksFirst, TellsFirst
from tests.replay.strict import strict_runner
from workflows import WORKFLOWS
from workflows.case import CaseWorkflow
from workflows.delivery import DeliveryWorkflow

NAMES = books.names()
CASES = [name for name in NAMES if name.startswith("case-")]
LEGS = [name for name in NAMES if name.startswith("leg-")]


async def replay(history: WorkflowHistory, workflows: list[type] = WORKFLOWS) -> Said:
    settle_at_exit()
    listening = Listening()
    replayer = Replayer(
        workflows=workflows,
        data_converter=books.converter(),
        workflow_runner=strict_runner(),
        workflow_failure_exception_types=[pydantic.ValidationError],
        interceptors=[listening],
    )
    await replayer.replay_workflow(history)
    return listening.said


def test_enough_was_recorded():
    assert len(CASES) >= 8
    assert len(LEGS) >= 4
    assert {books.workflow_type(books.read(name)) for name in CASES} == {CASE_WORKFLOW}
    assert {books.workflow_type(books.read(name)) for name in LEGS} == {DELIVERY_WORKFLOW}


@pytest.mark.parametrize("name", NAMES)
async def test_a_history_asks_for_the_same_again_word_for_word(name):
    history = books.read(name)
    assert await replay(history) == await books.said(history)


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_personal_is_in_a_history(name):
    """Decrypted: neither name nor number of any applicant who was played (decisions.md 4)."""
    history = books.read(name)
    text = str(await books.said(history)) + str(
        await books.converter().decode(history.events[0].workflow_execution_started_event_attributes.input.payloads)
    )
    for number in range(1, 26):
        person = applicant(number, "personal")
        assert person["name"] not in text
        assert person["idNumber"] not in text
        assert person["phone"] not in text
    assert "渝中区" not in text


@pytest.mark.parametrize("name", NAMES)
async def test_payloads_are_encrypted(name):
    raw = (books.FOLDER / f"{name}.json").read_text("utf-8")
    assert "case_status" not in raw
    assert "leg_id" not in raw


@pytest.mark.parametrize("name", LEGS)
async def test_reordered_activities_turn_replay_red(name):
    with pytest.raises(NondeterminismError):
        await replay(books.read(name), [CaseWorkflow, LooksFirst])


@pytest.mark.parametrize("name", CASES)
async def test_the_same_activities_with_other_words_turn_it_red(name):
    """`record` twice in another order is the same to the SDK; here it is not. Where an answer is for other steps than
    were asked for, the task fails already."""
    history = books.read(name)
    try:
        said = await replay(history, [TellsFirst, DeliveryWorkflow])
    except (NondeterminismError, RuntimeError):
        return
    assert said != await books.said(history)


async def test_what_workflows_must_not_ask_turns_it_red():
    """Workers run without the sandbox; here it is."""
    with pytest.raises(RuntimeError, match="RestrictedWorkflowAccessError"):
        await replay(books.read(CASES[0]), [AsksTheMachine, DeliveryWorkflow])
