"""What a case would not take any more: where a person believes that it counts, a person hears that it does not.

A step that somebody took in good faith can meet a case that has moved on meanwhile: decided, lapsed, closed.
"""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.orm import Session

from domain.messages import HoldNotice, SupplementGiven, TaskOutcome, TaskResolved
from domain.naming import case_no_of
from domain.tasks import TaskKind
from storage.cases import CaseRow
from storage.tasks import TaskRow, open_task
from storage.updates import UpdateRow

log = structlog.get_logger(__name__)

_SEEN: Final = frozenset({TaskOutcome.ACKNOWLEDGE, TaskOutcome.RELEASE_BATCH})
"""Outcomes by which nobody expects anything of the case."""


def tell_what_is_lost(session: Session, row: UpdateRow, now: datetime) -> None:
    """Open a task for the window if something is lost by the refusal of this update.

    Lost: papers that were brought, a withdrawal, an authority's objection, a decision of ours. Not lost: a new
    calendar, a hand-over at the hall, a scan (the event log has it), a task that was only seen.
    """
    log.warning("update_refused", update=row.name, workflow_id=row.workflow_id, code=row.refusal)
    lost, case_no, handling_no = _lost(session, row)
    if not lost:
        return
    open_task(
        session,
        key=f"not-taken/{row.update_id}",
        kind=TaskKind.NOT_TAKEN,
        case_no=case_no,
        handling_no=handling_no,
        now=now,
        data={"step": row.name, "code": row.refusal or ""},
    )


def _lost(session: Session, row: UpdateRow) -> tuple[bool, str | None, str | None]:
    """Whether something is, and of which case and handling."""
    case_no = case_no_of(row.workflow_id)
    match row.name:
        case "withdraw" if case_no is not None:
            session.get_one(CaseRow, case_no, with_for_update=True).withdrawal_pending = False
            return True, case_no, None
        case "supplement":
            return True, case_no, SupplementGiven.model_validate(row.argument).handling_no
        case "hold":
            return True, case_no, HoldNotice.model_validate(row.argument).handling_no
        case "task_resolved":
            resolved = TaskResolved.model_validate(row.argument)
            task = session.get(TaskRow, resolved.task_id)
            if task is not None and resolved.outcome not in _SEEN:
                return True, task.case_no, task.handling_no
    return False, None, None
