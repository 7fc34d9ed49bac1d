"""What a supervisor can do for a case before it is late: remind, give a task to others, send another courier."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AfterValidator, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.courier_dispatch import decide, lock_dispatch
from catalog.workdays import local_day
from domain.errors import Conflict, NotFound
from domain.identifiers import normalise_line
from domain.tasks import TaskKind
from domain.terms import Role
from parcels.outlets import ask_to_look
from storage.cases.rows import CaseEventRow, CaseRow, add_event, handlings_of
from storage.parcels.legs import LegRow, lock_leg
from storage.tasks.rows import TaskRow, open_task
from web.answers.helping import CourierSent, Reminded
from web.answers.tasks import TaskShown
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import Supervisor
from web.views.cases import find_case
from web.views.clocks import running_clocks
from web.views.helping import Helper, can_be_sent_again, helper_of
from web.views.tasks import shown_tasks

router = APIRouter(prefix="/api/v1", tags=["督办"])

REMINDED: Final = "REMINDED"
_NOT_AGAIN_WITHIN: Final = timedelta(minutes=10)
_GIVEN_TO: Final = (Role.CLERK, Role.OFFICER, Role.OUTLET, Role.SUPERVISOR, Role.OPERATOR)

Reason = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(normalise_line)]


class How(StrEnum):
    """TASK: on the list of who must act. PHONE: by a call that was made, for those whom no list of ours reaches."""

    TASK = "task"
    PHONE = "phone"


class ReminderRequest(RequestSchema):
    """`POST /cases/{caseNo}/reminders`. `reason`: what is asked for, or what was said on the phone."""

    how: How = How.TASK
    reason: Reason


class OwnerRequest(RequestSchema):
    """`POST /tasks/{id}/owner`."""

    owner: Role
    reason: Reason


class SendRequest(RequestSchema):
    """`POST /legs/{legId}/courier`."""

    reason: Reason


@router.post("/cases/{case_no}/reminders", operation_id="remindOfCase", response_model=Reminded)
def remind(case_no: str, wanted: ReminderRequest, supervisor: Supervisor, ctx: Ctx) -> dict[str, Any]:
    """Remind whom the clock that ends first waits for: a task on his list, or a call that is recorded.

    Refused: 404 CASE_UNKNOWN; 409 CASE_CLOSED, NO_CLOCK, REMINDED_LATELY (within ten minutes); 422 HOW (no list of
    ours reaches him).
    """
    now = ctx.now()
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        helper, handling_no = _whom(session, ctx, case)
        _not_lately(session, case_no, now)
        if wanted.how is How.TASK and helper.role is None:
            raise Unprocessable("对方不在本系统里办理，请打电话催办，再记下答复", code="HOW", field="how")
        key = f"reminder/{uuid.uuid4()}"
        if wanted.how is How.TASK and helper.role is not None:
            said = {"by": supervisor.username, "reason": wanted.reason}
            task_id = open_task(
                session, key=f"{case_no}/{key}", kind=TaskKind.REMINDED, now=now, case_no=case_no,
                handling_no=handling_no, deadline_at=case.due_at, data=said,
            )  # fmt: skip
            session.get_one(TaskRow, task_id).owner = helper.role
        data = {"how": wanted.how, "whom": helper.label, "reason": wanted.reason}
        add_event(session, case_no=case_no, key=key, kind=REMINDED, at=now, now=now, actor=supervisor.username,
                  handling_no=handling_no, data=data)  # fmt: skip
    ctx.notify()
    return {"caseNo": case_no, "how": wanted.how, "whom": helper.label, "at": now.isoformat()}


def _whom(session: Session, ctx: Context, case: CaseRow) -> tuple[Helper, str | None]:
    if case.closed_at is not None:
        raise Conflict("这个办件已经办完，不用催办", code="CASE_CLOSED")
    clocks = running_clocks(session, case)
    if not clocks:
        raise Conflict("这个办件现在没有在等谁", code="NO_CLOCK")
    handlings = handlings_of(session, case.case_no)
    return helper_of(case, clocks[0], handlings, ctx.agreements, local_day(ctx.now())), clocks[0].handling_no


def _not_lately(session: Session, case_no: str, now: datetime) -> None:
    before = select(CaseEventRow.at).filter_by(case_no=case_no, kind=REMINDED).order_by(CaseEventRow.id.desc())
    last = session.scalar(before.limit(1))
    if last is not None and now - last < _NOT_AGAIN_WITHIN:
        raise Conflict("十分钟内刚催过，请等对方办理", code="REMINDED_LATELY")


@router.post("/tasks/{task_id}/owner", operation_id="giveTask", response_model=TaskShown)
def give_task(task_id: str, wanted: OwnerRequest, supervisor: Supervisor, ctx: Ctx) -> dict[str, Any]:
    """Give an open task to another role: it moves to that role's list, and the history of its case says so.

    Refused: 404 TASK_UNKNOWN; 409 TASK_DONE; 422 OWNER (a role that has no list, has it already, or does not see it).
    """
    now = ctx.now()
    with ctx.database.write() as session:
        row = session.get(TaskRow, task_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这个待办", code="TASK_UNKNOWN")
        if row.resolved_at is not None:
            raise Conflict("这个待办已经处理", code="TASK_DONE")
        if wanted.owner not in _GIVEN_TO or wanted.owner == row.owner:
            raise Unprocessable("请选择另一个能处理待办的岗位", code="OWNER", field="owner")
        if wanted.owner is Role.OFFICER and not _is_decided_here(session, row):
            raise Unprocessable("这个办件不由本市部门审批，审批人员看不到它，请选其他岗位", code="OWNER", field="owner")
        data = {"kind": row.kind, "from": row.owner, "to": wanted.owner, "reason": wanted.reason}
        row.owner = wanted.owner
        row.data = {**row.data, "given": {"by": supervisor.username, "reason": wanted.reason, "at": now.isoformat()}}
        if row.case_no is not None:
            add_event(session, case_no=row.case_no, key=f"given/{uuid.uuid4()}", kind="TASK_REASSIGNED", at=now,
                      now=now, actor=supervisor.username, handling_no=row.handling_no, data=data)  # fmt: skip
        session.flush()
        answer = shown_tasks(session, ctx, supervisor, [row])[0]
    ctx.notify()
    return answer


def _is_decided_here(session: Session, row: TaskRow) -> bool:
    """Whether officers see its case: they see what is decided in the own city."""
    return row.case_no is not None and any(each.partner is None for each in handlings_of(session, row.case_no))


@router.post("/legs/{leg_id}/courier", operation_id="sendAnotherCourier", response_model=CourierSent)
def send_another(leg_id: str, wanted: SendRequest, supervisor: Supervisor, ctx: Ctx) -> dict[str, Any]:
    """Send another courier to a door: the one who was to go gets nothing more until he is heard of again.

    Refused: 404 LEG_UNKNOWN; 409 LEG_OVER (nobody is to go, or he is there), NOBODY_FREE.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        lock_dispatch(session)
        leg = lock_leg(session, leg_id)
        if leg is None:
            raise NotFound("没有这段寄递", code="LEG_UNKNOWN")
        if not can_be_sent_again(leg, now):
            raise Conflict("投递员已经到了，或者邮件已在他手里，不能改派", code="LEG_OVER")
        before = leg.courier_id
        decide(session, now, f"supervisor {supervisor.username}", [before] if before else [])
        if leg.courier_id is None or leg.courier_id == before:
            raise Conflict("现在没有别的投递员可派", code="NOBODY_FREE")
        _note_sent(session, leg, before, wanted.reason, supervisor.username, now)
        answer = {
            "legId": leg.leg_id,
            "courierId": leg.courier_id,
            "before": before,
            "plannedArrivalAt": leg.planned_arrival_at.isoformat() if leg.planned_arrival_at else None,
        }
    ctx.notify()
    return answer


def _note_sent(session: Session, leg: LegRow, before: str | None, reason: str, by: str, now: datetime) -> None:
    """The history says who has decided it; the leg's workflow looks at the new plan at once."""
    look = f"sent/{uuid.uuid4().hex[:12]}"
    data = {"legId": leg.leg_id, "from": before, "courierId": leg.courier_id, "reason": reason}
    add_event(session, case_no=leg.case_no, key=f"{leg.leg_id}/{look}", kind="COURIER_SENT", at=now, now=now,
              actor=by, handling_no=leg.handling_no, data=data)  # fmt: skip
    ask_to_look(session, leg, look, now)
