"""Updates that a case refuses for good: where a person believes that it counts, a person gets a task.

A step that somebody took in good faith can meet a case that has moved on meanwhile: decided, lapsed, closed.
"""

from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.withdrawn_visits import resume_visits
from domain.messages import HoldNotice, HoldReason, SupplementGiven, TaskOutcome, TaskResolved
from domain.naming import CaseUpdate, case_no_of
from domain.tasks import TaskKind
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.inbox_row import CITY, InboxRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow, open_task

log = structlog.get_logger(__name__)

_SEEN: Final = frozenset({TaskOutcome.ACKNOWLEDGE, TaskOutcome.RELEASE_BATCH})
"""Outcomes by which nobody expects anything of the case."""


def report_rejected(session: Session, row: UpdateRow, now: datetime) -> None:
    """Open a task (NOT_TAKEN, key `not-taken/{update id}`) if something is lost by the refusal of this update.

    Lost: papers that were brought, a withdrawal, an authority's objection, a decision of ours. Not lost: a new
    calendar, a hand-over at the hall, a scan (the event log has it), a task that was only acknowledged.
    """
    log.warning("update_refused", update=row.name, workflow_id=row.workflow_id, code=row.refusal)
    lost, case_no, handling_no = _lost(session, row, now)
    if not lost:
        return
    open_task(
        session,
        key=f"not-taken/{row.update_id}",
        kind=TaskKind.NOT_TAKEN,
        case_no=case_no,
        handling_no=handling_no,
        now=now,
        data={"step": row.name, "code": row.refusal or "", **_what(session, row)},
    )


def _what(session: Session, row: UpdateRow) -> dict[str, Any]:
    """References for who must notify the applicant or the authority; no words of theirs."""
    match row.name:
        case CaseUpdate.SUPPLEMENT:
            return {"round": SupplementGiven.model_validate(row.argument).round}
        case CaseUpdate.HOLD:
            return _objection(session, HoldNotice.model_validate(row.argument))
        case CaseUpdate.TASK_RESOLVED:
            resolved = TaskResolved.model_validate(row.argument)
            task = session.get(TaskRow, resolved.task_id)
            return {"outcome": resolved.outcome, "taskKind": task.kind if task is not None else None}
    return {}


def _objection(session: Session, notice: HoldNotice) -> dict[str, Any]:
    """A receipt that refuses a command of ours, or a word of the authority against its own."""
    if notice.reason_code == HoldReason.COMMAND_REFUSED:
        return {"command": notice.message_id}
    handling = session.get(HandlingRow, notice.handling_no)
    sender = (handling.partner if handling is not None else None) or CITY
    said = session.scalar(select(InboxRow).filter_by(sender=sender, message_id=notice.message_id))
    return said.facts if said is not None else {"sender": sender, "messageId": notice.message_id}


def _lost(session: Session, row: UpdateRow, now: datetime) -> tuple[bool, str | None, str | None]:
    """Whether something is, and of which case and handling."""
    case_no = case_no_of(row.workflow_id)
    match row.name:
        case CaseUpdate.WITHDRAW if case_no is not None:
            session.get_one(CaseRow, case_no, with_for_update=True).withdrawal_pending = False
            resume_visits(session, case_no, now)
            return True, case_no, None
        case CaseUpdate.SUPPLEMENT:
            return True, case_no, SupplementGiven.model_validate(row.argument).handling_no
        case CaseUpdate.HOLD:
            return True, case_no, HoldNotice.model_validate(row.argument).handling_no
        case CaseUpdate.TASK_RESOLVED:
            resolved = TaskResolved.model_validate(row.argument)
            task = session.get(TaskRow, resolved.task_id)
            if task is not None and resolved.outcome not in _SEEN:
                return True, task.case_no, task.handling_no
    return False, None, None
