"""`/tasks`: everything that waits for a person, and how it is resolved."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.messages import TaskOutcome, TaskResolved
from domain.naming import case_workflow_id, delivery_workflow_id
from domain.tasks import OF_PAPERS, OF_THE_HALL, RULES, TaskKind
from domain.terms import CaseStatus, Role, SignerKind
from logistics.geo import Point
from messaging.paper import printed
from parcels.outlets import put_at
from parcels.paper_differences import decide
from storage.cases.deferred_materials import give_up
from storage.cases.rework import OF_A_RATING
from storage.cases.rows import CaseRow, add_event
from storage.cases.within import tasks_within
from storage.keyset import narrowed, read_page
from storage.parcels.legs import LegRow, lock_leg
from storage.pending_updates import queue_update
from storage.people.users import LoggedIn
from storage.tasks.rows import TaskRow, lines_of
from storage.work_lists import TaskOrder, task_list
from web.answers.tasks import TaskList, TaskShown
from web.api.deferred import as_listed, take_deferred
from web.api.licences import note_look
from web.api.overtaken import task_changed, task_done
from web.api.parcels import hand_over_case
from web.api.ratings import note_rework
from web.api.two_people import check_free, put_forward, two_agree
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.problems import Forbidden, Unprocessable
from web.foundation.request_schemas import ResolveRequest
from web.security.session import TaskActor, TaskReader
from web.views.cases import find_case
from web.views.tasks import shown_tasks

router = APIRouter(prefix="/api/v1/tasks", tags=["待办"])

_MAY_RESOLVE_ALL = (Role.SUPERVISOR,)
SEE_ALL = (Role.SUPERVISOR, Role.AUDITOR)


@router.get("", operation_id="listTasks", response_model=TaskList)
def tasks(
    person: TaskReader,
    ctx: Ctx,
    case_no: Annotated[str | None, Query(max_length=21)] = None,
    kind: TaskKind | None = None,
    owner: Annotated[Role | None, Query(description="only for those who see all")] = None,
    resolved: bool = False,
    order: TaskOrder = TaskOrder.NEW,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """Tasks of the caller's role and unit; supervisor and auditor see all roles'. `next`: the page after this one.

    Open ones: what has just come first, or with `order=due` what is due first; resolved ones: latest first. Refused:
    403 ROLE, 422 CURSOR.
    """
    if owner not in (None, person.role) and person.role not in SEE_ALL:
        raise Forbidden("这些待办由其他岗位处理", code="ROLE")
    listed = task_list(order, owner=owner or owned_by(person), kind=kind, case_no=case_no, resolved=resolved)
    wanted = narrowed(listed, tasks_within(person))
    with ctx.database.read() as session:
        page = read_page(session, select(TaskRow), wanted, size=size, after=mark_of(after))
        shown = shown_tasks(session, ctx, person, [row.TaskRow for row in page.rows])
        return {"tasks": shown, "next": token_of(page.next)}


def owned_by(person: LoggedIn) -> Role | None:
    """The role whose tasks a person sees; None: those of all roles."""
    return None if person.role in SEE_ALL else person.role


@router.post("/{task_id}/resolve", operation_id="resolveTask", response_model=TaskShown)
def resolve(task_id: str, resolved: ResolveRequest, person: TaskActor, ctx: Ctx) -> dict[str, Any]:
    """Resolve a task with one of its outcomes; the case or leg that waits goes on with it.

    An outcome of `twoPeople` is only proposed by this (setting FOUR_EYES): `proposal` says so, and another person
    confirms it or sends it back. Refused: 403 ROLE; 404 TASK_UNKNOWN; 409 TASK_DONE, TASK_CHANGED (more has come than
    `lines`), PROPOSAL_OPEN; 422 OUTCOME, POINT; or as the step that the outcome carries out refuses it.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        row = locked_task(session, task_id, person)
        outcomes = RULES[TaskKind(row.kind)][2]
        if row.resolved_at is not None:
            raise task_done(row)
        if resolved.lines is not None and len(lines_of(session, [row.id]).get(row.id, [])) > resolved.lines:
            raise task_changed(shown_tasks(session, ctx, person, [row])[0], resolved.lines)
        if resolved.outcome not in outcomes:
            options = "、".join(outcomes)
            raise Unprocessable(f"这个待办可选的处理是：{options}", code="OUTCOME", field="outcome")
        outcome = TaskOutcome(resolved.outcome)
        check_free(session, row, outcome, person.username, now)
        if two_agree(ctx, TaskKind(row.kind), outcome):
            put_forward(session, ctx, row, outcome, resolved.reason, person.username)
        else:
            if row.kind == TaskKind.PLACE_ADDRESS and outcome is not TaskOutcome.CLOSE_AS_FAILED:
                _place(session, row, resolved)
            settle(session, ctx, row, outcome, resolved.reason, person.username)
        session.flush()
        answer = shown_tasks(session, ctx, person, [row])[0]
    ctx.notify()
    return answer


def locked_task(session: Session, task_id: str, person: LoggedIn) -> TaskRow:
    """A task that this person may resolve, locked until the transaction ends.

    Raises:
        NotFound: there is none with this id (`TASK_UNKNOWN`).
        Forbidden: it is for another role (`ROLE`).
    """
    row = session.get(TaskRow, task_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个待办", code="TASK_UNKNOWN")
    _check_owner(person, Role(row.owner))
    return row


def settle(
    session: Session, ctx: Context, row: TaskRow, outcome: TaskOutcome, reason: str, by: str, second: str | None = None
) -> None:
    """A person has decided; what waits goes on with it. `second`: who has confirmed it, where two agree."""
    now = ctx.now()
    _carry_out(session, ctx, row, outcome, by)
    row.resolved_at, row.outcome, row.reason, row.resolved_by = now, outcome, reason, by
    if row.case_no is not None:
        add_event(
            session,
            case_no=row.case_no,
            key=f"task/{row.id}",
            kind="TASK_RESOLVED",
            at=now,
            now=now,
            actor=by,
            handling_no=row.handling_no,
            data={"kind": row.kind, "outcome": outcome} | ({"confirmedBy": second} if second else {}),
        )


def _carry_out(session: Session, ctx: Context, row: TaskRow, outcome: TaskOutcome, by: str) -> None:
    """What the outcome changes: in the hall's own books, or by an Update for the case or leg that waits."""
    now = ctx.now()
    case = find_case(session, row.case_no) if row.case_no is not None else None
    workflow_id = _who_waits(session, row)
    if row.kind in OF_PAPERS and case is not None:
        decide(session, case.case_no, outcome, by=by, task=row.id, now=now)
    if row.kind == TaskKind.COLLECT_AT_HALL and case is not None:
        hand_over_case(session, ctx, case, SignerKind.SELF, row.id, by)
    elif row.kind == TaskKind.LETTER:
        printed(session, row.id, now)
    elif row.kind in OF_A_RATING and case is not None:
        note_rework(case, outcome, now)
    elif row.kind == TaskKind.DEFERRED_MATERIAL and case is not None:
        brought = [as_listed(case, int(row.data["seq"]))]
        take_deferred(session, ctx, case, brought, by, by_self=True)
    elif workflow_id is not None and row.kind not in OF_THE_HALL:
        if outcome is TaskOutcome.LOOKED and case is not None:
            note_look(session, ctx, case, row.data["seqs"], by)
        if row.kind == TaskKind.DEFERRED_LAPSED and outcome is TaskOutcome.CLOSE_AS_FAILED and _approved(case):
            give_up(session, str(row.case_no), now=now, actor=by)
        queue_update(
            session,
            update_id=f"task-{row.id}",
            workflow_id=workflow_id,
            name="task_resolved",
            argument=TaskResolved(task_id=row.id, outcome=outcome, handling_no=row.handling_no),
            now=now,
        )


def _who_waits(session: Session, row: TaskRow) -> str | None:
    """A leg that is over decides nothing any more: what is found out about it is its case's matter, as papers are."""
    leg = session.get(LegRow, row.leg_id) if row.leg_id and row.kind not in OF_PAPERS else None
    if leg is not None and leg.ended_at is None:
        return delivery_workflow_id(leg.leg_id)
    return case_workflow_id(row.case_no) if row.case_no else None


def _approved(case: CaseRow | None) -> bool:
    return case is not None and case.status == CaseStatus.APPROVED


def _check_owner(person: LoggedIn, owner: Role) -> None:
    if person.role not in (owner, *_MAY_RESOLVE_ALL):
        raise Forbidden("这个待办由其他岗位处理", code="ROLE")


def _place(session: Session, row: TaskRow, resolved: ResolveRequest) -> None:
    """A person has found the door on the map; now it can be promised."""
    if resolved.point is None:
        raise Unprocessable("请在地图上点出地址的位置", code="POINT", field="point")
    leg = lock_leg(session, row.leg_id or "")
    if leg is None:
        raise NotFound("没有这段寄递", code="LEG_UNKNOWN")
    given = resolved.point
    put_at(session, leg, Point(lat=given.lat, lon=given.lon, datum=given.datum))
