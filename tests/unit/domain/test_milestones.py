"""Of every step and every moment it is decided whether the applicant is told, and in which words."""

import ast
from pathlib import Path

from domain.applicant_messages import TEMPLATES, MessageKind
from domain.milestones import NAMED_CLOCK, OF_A_PARCEL, SILENT, TOLD
from domain.tasks import TaskKind
from domain.terms import WireEvent

_ROOT = Path(__file__).parents[3]
_WRITERS = frozenset({"note", "record", "start_clocks", "move_to", "note_move", "submit", "_end_before_submission"})
_PLANNED = {MessageKind.VISIT_PLANNED, MessageKind.VISIT_MOVED}
_ASKED = {MessageKind.ONE_TIME_CODE, MessageKind.RESULT_STILL_ONLINE}
_WHILE_OWED = {MessageKind.APPROVED_WITHHELD, MessageKind.STEP_DONE}
_LATER = {MessageKind.RESULT_STILL_ONLINE}


def _kinds_written() -> set[str]:
    """Every kind of step that the workflows name in so many words."""
    found = set()
    for path in (_ROOT / "workflows").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in _WRITERS:
                said = [*call.args, *(word.value for word in call.keywords if word.arg == "kind")]
                within = [part for one in said for part in ast.walk(one)]
                found |= {one.value for one in within if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def test_of_every_step_it_is_decided_if_it_is_told() -> None:
    decided = set(TOLD) | SILENT
    assert {"COLLECTED", "SUBMITTED", "SUPPLEMENTED", "HANDED_OVER", "GAP_CLOSED"} <= _kinds_written()
    assert _kinds_written() <= decided
    assert {str(event) for event in WireEvent} <= {str(kind) for kind in decided}


def test_of_every_task_it_is_decided_if_the_applicant_hears_of_it() -> None:
    assert set(TaskKind) <= set(TOLD) | set(OF_A_PARCEL) | SILENT


def test_nothing_is_both_told_and_silent() -> None:
    assert not SILENT & (set(TOLD) | set(OF_A_PARCEL))


def test_every_message_is_told_at_some_moment() -> None:
    told = set(TOLD.values()) | set(OF_A_PARCEL.values())
    assert told | _PLANNED | _ASKED | _WHILE_OWED | _LATER == set(MessageKind) == set(TEMPLATES)


def test_a_message_that_names_a_day_knows_whose() -> None:
    dated = {kind for kind, template in TEMPLATES.items() if "{due}" in template.words}
    assert dated == set(NAMED_CLOCK) | {MessageKind.PAPER_DUE_SOON}
