"""The clerk's day (今天): the queue with its saved views beside what waits; and the list for all who read cases."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from domain.terms import Role
from storage.cases.faces import faces_of
from storage.people.users import LoggedIn
from web.foundation.context import Context, Ctx
from web.foundation.paging import LIVE, Part
from web.pages.queue import due_today, queue_shown
from web.pages.rendering import render
from web.pages.visitors import CaseVisitor, WindowVisitor
from web.pages.work_lists import task_part
from web.views.saved_views import View
from web.views.todo import group_counts, grouped, kinds_of, newest_fact

router = APIRouter(include_in_schema=False)


@router.get("/window")
def window(request: Request, person: WindowVisitor, ctx: Ctx) -> HTMLResponse:
    """The clerk's day. `view`, `status`, `scheme`, `region`, `q`: which cases; `kind`: which tasks."""
    return _day(request, person, ctx, "clerk/window.html")


@router.get("/window" + LIVE)
def window_live(request: Request, person: WindowVisitor, ctx: Ctx) -> HTMLResponse:
    """The parts of it that change, fetched when the stream says that something is new."""
    return _day(request, person, ctx, "clerk/window_live.html")


@router.get("/cases")
def cases(request: Request, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """The list of cases alone, for everybody who may read cases."""
    return _list(request, person, ctx, "clerk/cases.html")


@router.get("/cases" + LIVE)
def cases_live(request: Request, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """The list anew."""
    return _list(request, person, ctx, "clerk/cases_live.html")


def _list(request: Request, person: LoggedIn, ctx: Context, template: str) -> HTMLResponse:
    with ctx.database.read() as session:
        queue = queue_shown(session, ctx, request, person, View.ALL)
    return render(ctx, template, person, queue=queue)


def _day(request: Request, person: LoggedIn, ctx: Context, template: str) -> HTMLResponse:
    asked = request.query_params.get("kind", "")
    kind = TaskKind(asked) if asked in set(TaskKind) else None
    with ctx.database.read() as session:
        queue = queue_shown(session, ctx, request, person, View.MINE)
        late, today = due_today(session, ctx, person)
        tasks = task_part(session, ctx, request, person, kind=kind)
        todo = _todo(session, ctx, tasks)
        groups = group_counts(session, kinds_of(Role.CLERK))
    return render(
        ctx, template, person, queue=queue, said=_answer(late, today), todo=todo, tasks=tasks, groups=groups, kind=kind
    )


def _todo(session: Session, ctx: Context, tasks: Part) -> list[dict[str, Any]]:
    """The tasks of this page in groups, what has just come first; each with whom it concerns and its newest fact."""
    rows = [*tasks.newest, *tasks.rows]
    faces = faces_of(session, ctx.sealer, {task["caseNo"] for task in rows if task["caseNo"]})
    told = [task | {"who": faces.get(task["caseNo"] or "", ""), "fact": newest_fact(task)} for task in rows]
    fresh = len(tasks.newest)
    new = [{"kind": "", "label": "刚到的", "tasks": told[:fresh]}] if fresh else []
    return new + grouped(told[fresh:])


def _answer(late: int, today: int) -> str:
    """The heading: what of all that is pressing."""
    over = f"{late} 件已超期" if late <= 99 else "99 件以上已超期"
    ends = f"{today} 件今天到期" if today <= 99 else "99 件以上今天到期"
    said = [words for count, words in ((late, over), (today, ends)) if count]
    return "，".join(said) or "今天没有到期的办件"
