"""What is still to be delivered to workflows: messages of authorities and everything else, one queue per workflow.

Within a workflow in order: an authority's events as they took effect, and before a person's word what an authority had
said until then, because it may be what the person answers to. Between workflows fairly: what waits longest and what has
just come get half of a round each, so that nothing old starves what is new, nor the other way round.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.naming import case_no_of, case_workflow_id
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.pending_updates import UpdateRow

UNDELIVERED = (InboxState.NEW, InboxState.DELIVERED)
AT_ONCE = 100  # of one workflow; what is left comes in the next round
_FIRST_PAUSE = timedelta(milliseconds=500)
_LONGEST_PAUSE = {True: timedelta(minutes=10), False: timedelta(seconds=8)}


class PendingUpdate(Frozen):
    """One Update to be delivered. `update_id`: of a message `{sender}/{message id}`, else as its row has it.

    `row_id`: in the inbox where `message` is true, else in the table of pending updates. `at`: its place in the order.
    """

    row_id: int
    message: bool
    workflow_id: str
    name: str
    argument: dict[str, Any]
    update_id: str
    at: datetime


def pause(tries: int, *, missing: bool = False) -> timedelta:
    """How long to wait before the next delivery after so many tries: 0.5 s, doubled each time, to 8 s.

    `missing`: the server does not know the workflow; then to 10 min.
    """
    return min(_FIRST_PAUSE * float(1 << min(tries, 20)), _LONGEST_PAUSE[missing])


def workflows_waiting(session: Session, now: datetime, busy: Collection[str], limit: int) -> list[str]:
    """Ids of workflows with something to deliver now, at most `limit`: half of them the newest, which go first.

    `busy`: ids that are being delivered to already.
    """
    waiting: dict[str, datetime] = {}
    inbox = select(InboxRow.case_no, func.max(InboxRow.received_at)).group_by(InboxRow.case_no)
    inbox = inbox.where(InboxRow.state.in_(UNDELIVERED), InboxRow.case_no.is_not(None))
    for case_no, at in session.execute(inbox.having(func.coalesce(func.max(InboxRow.due_at), now) <= now)):
        waiting[case_workflow_id(str(case_no))] = at
    updates = select(UpdateRow.workflow_id, func.max(UpdateRow.created_at)).where(UpdateRow.delivered_at.is_(None))
    updates = updates.group_by(UpdateRow.workflow_id)
    for workflow_id, at in session.execute(updates.having(func.coalesce(func.max(UpdateRow.due_at), now) <= now)):
        waiting[workflow_id] = max(at, waiting.get(workflow_id, at))
    free = sorted(((at, workflow_id) for workflow_id, at in waiting.items() if workflow_id not in busy), reverse=True)
    found = [workflow_id for _, workflow_id in free]
    return found if len(found) <= limit else [*found[: limit // 2], *found[limit // 2 - limit :]]


def deliver_now(session: Session, cases: Sequence[str]) -> None:
    """The workflows of these cases are there now: what had to wait for them is due at once."""
    workflows = [case_workflow_id(case_no) for case_no in cases]
    messages = update(InboxRow).where(InboxRow.case_no.in_(cases), InboxRow.state.in_(UNDELIVERED))
    session.execute(messages.values(due_at=None))
    others = update(UpdateRow).where(UpdateRow.workflow_id.in_(workflows), UpdateRow.delivered_at.is_(None))
    session.execute(others.values(due_at=None))


def pending_updates_of(session: Session, workflow_id: str) -> list[PendingUpdate]:
    """What one workflow is still to get, in order; at most `AT_ONCE` of either kind."""
    case_no = case_no_of(workflow_id)
    inbox = select(InboxRow).where(InboxRow.case_no == case_no, InboxRow.state.in_(UNDELIVERED))
    inbox = inbox.order_by(InboxRow.handling_no, InboxRow.order).limit(AT_ONCE)
    said: list[PendingUpdate] = []
    latest: dict[str, datetime] = {}
    for row in session.scalars(inbox) if case_no is not None else ():
        # What was parked took effect later than it came: nothing of its handling goes before what it followed.
        at = latest[row.handling_no] = max(row.received_at, latest.get(row.handling_no, row.received_at))
        said.append(_message(row, workflow_id, at))
    updates = select(UpdateRow).filter_by(workflow_id=workflow_id, delivered_at=None).order_by(UpdateRow.id)
    others = [_other(row) for row in session.scalars(updates.limit(AT_ONCE))]
    return sorted([*said, *others], key=lambda one: one.at)  # stable: of one moment the authority's word goes first


def _message(row: InboxRow, workflow_id: str, at: datetime) -> PendingUpdate:
    return PendingUpdate(
        row_id=row.id,
        message=True,
        workflow_id=workflow_id,
        name=row.update_name or "",
        argument=row.update or {},
        update_id=f"{row.sender}/{row.message_id}",  # two networks of one case may use the same ids
        at=at,
    )


def _other(row: UpdateRow) -> PendingUpdate:
    return PendingUpdate(
        row_id=row.id,
        message=False,
        workflow_id=row.workflow_id,
        name=row.name,
        argument=row.argument,
        update_id=row.update_id,
        at=row.created_at,
    )
