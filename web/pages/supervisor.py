"""Those who watch (督办)."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from storage.cases.case_list import CaseFilter, case_list
from web.api import phones
from web.api.dashboard import figures
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import Watching
from web.pages.work_lists import case_part, task_part

router = APIRouter(include_in_schema=False)

_DAY = timedelta(hours=24)


@router.get("/supervisor")
def supervisor(request: Request, person: Watching, ctx: Ctx) -> HTMLResponse:
    """What is due within a day, tasks and figures."""
    with ctx.database.read() as session:
        shown = figures(session, ctx.now())
        due = case_part(session, request, case_list(CaseFilter(due=ctx.now() + _DAY)))
        tasks = task_part(session, ctx, request, person)
        views = phones.views_of(session, person)
    return render(
        ctx,
        "supervisor/today.html",
        person,
        figures=shown,
        due=due,
        tasks=tasks,
        views=views,
        agreements=ctx.agreements.summary,
    )
