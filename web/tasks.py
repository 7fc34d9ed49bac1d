"""`/tasks`: everything that waits for a person, and how it is resolved."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.messages import TaskOutcome, TaskResolved
from domain.naming import case_workflow_id, delivery_workflow_id
from domain.tasks import OF_THE_HALL, RULES, TaskKind
from domain.terms import CaseStatus, Datum, Role, SignerKind
from logistics.geo import Point
from logistics.outlets import nearest
from relay.outlet_book import outlets_now
from storage.cases import CaseRow, add_event
from storage.legs import LegRow, lock_leg
from storage.owing import give_up
from storage.people import LoggedIn
from storage.tasks import TaskRow
from storage.updates import queue_update
from web.casebook import find_case
from web.context import Context, Ctx
from web.owing import as_listed, take_deferred
from web.parcels import hand_over_case
from web.problems import Forbidden, Unprocessable
from web.ratings import note_rework
from web.session import Anybody
from web.shapes import ResolveShape

router = APIRouter(prefix="/api/v1/tasks", tags=["待办"])

_MAY_RESOLVE_ALL = (Role.SUPERVISOR,)


@router.get("", operation_id="listTasks")
def tasks(person: Anybody, ctx: Ctx, case_no: str | None = None, resolved: bool = False) -> dict[str, Any]:
    """Tasks of the caller's role; a supervisor and the auditor see all."""
    with ctx.database.read() as session:
        query = select(TaskRow)
        query = query.where(TaskRow.resolved_at.is_not(None) if resolved else TaskRow.resolved_at.is_(None))
        if person.role not in (Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR):
            query = query.filter_by(owner=person.role)
        if case_no is not None:
            query = query.filter_by(case_no=case_no)
        rows = session.scalars(query.order_by(TaskRow.opened_at).limit(500))
        return {"tasks": [_shown(row) for row in rows]}


def _shown(row: TaskRow) -> dict[str, Any]:
    title, owner, outcomes = RULES[TaskKind(row.kind)]
    return {
        "id": row.id,
        "kind": row.kind,
        "title": title,
        "owner": owner,
        "caseNo": row.case_no,
        "handlingNo": row.handling_no,
        "legId": row.leg_id,
        "outcomes": list(outcomes),
        "data": row.data,
        "openedAt": row.opened_at.isoformat(),
        "deadlineAt": row.deadline_at.isoformat() if row.deadline_at else None,
        "resolvedAt": row.resolved_at.isoformat() if row.resolved_at else None,
        "outcome": row.outcome,
    }


@router.post("/{task_id}/resolve", operation_id="resolveTask")
def resolve(task_id: str, resolved: ResolveShape, person: Anybody, ctx: Ctx) -> dict[str, Any]:
    """Resolve a task with one of its outcomes; the case or leg that waits is told."""
    now = ctx.now()
    with ctx.database.write() as session:
        row = session.get(TaskRow, task_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这个待办", code="TASK_UNKNOWN")
        _, owner, outcomes = RULES[TaskKind(row.kind)]
        _check_owner(person, owner)
        if row.resolved_at is not None:
            raise Conflict("这个待办已经处理", code="TASK_DONE")
        if resolved.outcome not in outcomes:
            options = "、".join(outcomes)
            raise Unprocessable(f"这个待办可选的处理是：{options}", code="OUTCOME", field="outcome")
        outcome = TaskOutcome(resolved.outcome)
        if row.kind == TaskKind.PLACE_ADDRESS and outcome is not TaskOutcome.CLOSE_AS_FAILED:
            _place(session, row, resolved)
        _carry_out(session, ctx, row, outcome, person)
        row.resolved_at, row.outcome, row.reason = now, outcome, resolved.reason
        row.resolved_by = person.username
        if row.case_no is not None:
            add_event(
                session,
                case_no=row.case_no,
                key=f"task/{row.id}",
                kind="TASK_RESOLVED",
                at=now,
                now=now,
                actor=person.username,
                handling_no=row.handling_no,
                data={"kind": row.kind, "outcome": outcome},
            )
        answer = _shown(row)
    ctx.kick()
    return answer


def _carry_out(session: Session, ctx: Context, row: TaskRow, outcome: TaskOutcome, person: LoggedIn) -> None:
    """What the outcome changes: in the hall's own books, or by telling the case or leg that waits."""
    now = ctx.now()
    case = find_case(session, row.case_no) if row.case_no is not None else None
    workflow_id = _who_waits(session, row)
    if row.kind == TaskKind.COLLECT_AT_HALL and case is not None:
        hand_over_case(session, ctx, case, SignerKind.SELF, row.id, person.username)
    elif row.kind == TaskKind.BAD_RATING and case is not None:
        note_rework(case, outcome, now)
    elif row.kind == TaskKind.DEFERRED_MATERIAL and case is not None:
        brought = [as_listed(case, int(row.data["seq"]))]
        take_deferred(session, ctx, case, brought, person.username, by_self=True)
    elif workflow_id is not None and row.kind not in OF_THE_HALL:
        if row.kind == TaskKind.DEFERRED_LAPSED and outcome is TaskOutcome.CLOSE_AS_FAILED and _approved(case):
            give_up(session, str(row.case_no), now=now, actor=person.username)
        queue_update(
            session,
            update_id=f"task-{row.id}",
            workflow_id=workflow_id,
            name="task_resolved",
            argument=TaskResolved(task_id=row.id, outcome=outcome, handling_no=row.handling_no),
            now=now,
        )


def _who_waits(session: Session, row: TaskRow) -> str | None:
    """A leg that is over decides nothing any more: what is found out about it is its case's matter."""
    leg = session.get(LegRow, row.leg_id) if row.leg_id else None
    if leg is not None and leg.ended_at is None:
        return delivery_workflow_id(leg.leg_id)
    return case_workflow_id(row.case_no) if row.case_no else None


def _approved(case: CaseRow | None) -> bool:
    return case is not None and case.status == CaseStatus.APPROVED


def _check_owner(person: LoggedIn, owner: Role) -> None:
    if person.role not in (owner, *_MAY_RESOLVE_ALL):
        raise Forbidden("这个待办由其他岗位处理", code="ROLE")


def _place(session: Session, row: TaskRow, resolved: ResolveShape) -> None:
    """A person has found the door on the map; now it can be promised."""
    if resolved.point is None:
        raise Unprocessable("请在地图上点出地址的位置", code="POINT", field="point")
    leg = lock_leg(session, row.leg_id or "")
    if leg is None:
        raise NotFound("没有这段寄递", code="LEG_UNKNOWN")
    given = resolved.point
    point = Point(lat=given.lat, lon=given.lon, datum=given.datum).to(Datum.WGS84)
    leg.lat, leg.lon = point.lat, point.lon
    for best in nearest(point, 1, outlets_now(session)):
        leg.outlet_id, leg.distance_m = best.outlet.id, best.distance_m
