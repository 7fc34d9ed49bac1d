"""Recorded histories: where they lie, the key they are encrypted with, and how they are read back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from runtime.keys import KeyRing
from runtime.temporal import data_converter

FOLDER = Path(__file__).parent / "histories"
CODEC_KEYS = "replay:cmVwbGF5LW9ubHktbm90LWEtc2VjcmV0LTAwMDAwMDA="
"""Written into the test on purpose: the histories are of played cases, and must stay readable."""


def converter() -> DataConverter:
    return data_converter(KeyRing.model_validate(CODEC_KEYS))


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read(name: str) -> WorkflowHistory:
    kept = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return WorkflowHistory.from_json(kept["workflowId"], kept["history"])


def write(name: str, workflow_id: str, history: str) -> None:
    """Keep what `handle.fetch_history().to_json()` gave."""
    FOLDER.mkdir(exist_ok=True)
    kept = {"workflowId": workflow_id, "history": json.loads(history)}
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, separators=(",", ":"), ensure_ascii=False) + "\n", "utf-8")


def workflow_type(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


async def said(history: WorkflowHistory) -> list[tuple[str, Any]]:
    """Everything that the workflow asked for, with its arguments in clear, in the order of the history."""
    found = []
    for name, payloads in _commands(history):
        decoded = await converter().decode(payloads.payloads)
        found.append((name, decoded))
    return found


def _commands(history: WorkflowHistory) -> Iterator[tuple[str, Payloads]]:
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                activity = event.activity_task_scheduled_event_attributes
                yield f"{activity.activity_type.name} on {activity.task_queue.name}", activity.input
            case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
                child = event.start_child_workflow_execution_initiated_event_attributes
                yield f"start {child.workflow_id}", child.input
            case EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
                signal = event.signal_external_workflow_execution_initiated_event_attributes
                yield f"signal {signal.signal_name}", signal.input
