"""What a workflow asks to be written down, and what it gets back."""

from datetime import datetime
from typing import Final

from pydantic import Field

from domain.carried import CaseCarried
from domain.messages import ClockOrder, CommandOrder, CommandResult, Deadline, DeadlineKind, TaskOrder
from domain.model import Frozen, is_unset
from domain.terms import CaseStatus

RESULT_AVAILABLE: Final = "RESULT_AVAILABLE"
"""Kind of the step from which on the applicant may fetch the file of a handling's result (电子结果可以领取)."""


class CaseChange(Frozen):
    """Everything that one step changes about a case.

    `key`: `{number of the step}-{kind}`, unique within the case; a second time nothing is written. `handling_no` None:
    a step of the whole case, whose status is given to the handlings that were not passed on yet.
    """

    key: str
    case_no: str
    kind: str = Field(description="what happened, for the history")
    at: datetime
    case_status: CaseStatus
    on_hold: bool
    withdrawal_pending: bool
    handling_no: str | None = None
    handling_status: CaseStatus | None = None
    moves: bool = Field(default=True, exclude_if=bool, description="False: statuses stay as they are")
    start: tuple[ClockOrder, ...] = ()
    stop: tuple[DeadlineKind, ...] = ()
    task: TaskOrder | None = None
    settles: tuple[str, ...] = Field(default=(), description="keys of tasks that this step has settled")
    closed: bool = False
    reopened: bool = Field(default=False, exclude_if=is_unset, description="what came after the end opens it again")
    accepts: str | None = Field(
        default=None, exclude_if=is_unset, description="id of the message whose decision counts instead of the first"
    )
    carried: CaseCarried | None = Field(
        default=None, exclude_if=is_unset, description="with `closed`: what a further run of the case starts from"
    )


class Recorded(Frozen):
    """Result of the activity `record`: the clocks that the change started, with their times.

    The same key again: the times are computed again from the same orders and nothing is written.
    """

    deadlines: tuple[Deadline, ...] = ()


class CaseChanges(Frozen):
    """Input of the activity `record_all`: steps of one case in their order, written in one transaction."""

    changes: tuple[CaseChange, ...]


class AllRecorded(Frozen):
    """Result of the activity `record_all`: the clocks that each step has started, in the order of the steps."""

    deadlines: tuple[tuple[Deadline, ...], ...]


class PassingOn(Frozen):
    """Input of the activity `pass_on`: a submission, and the step that is written where the authority has taken it.

    The step happens, and its clocks start, at that moment.
    """

    order: CommandOrder
    step: CaseChange


class PassedOn(Frozen):
    """Result of the activity `pass_on`. `deadlines`: the clocks that the step has started; () where not taken."""

    result: CommandResult
    deadlines: tuple[Deadline, ...] = ()
