"""The clerk's day (今天): what waits for whom, and today's cases."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from logistics.service_calendar import CHINA
from storage.cases.case_list import CaseFilter, registered_list, wanted_cases
from web.foundation.context import Context, Ctx
from web.pages.rendering import render
from web.pages.visitors import WindowVisitor
from web.pages.work_lists import case_part, task_part

router = APIRouter(include_in_schema=False)


@router.get("/window")
def window(request: Request, person: WindowVisitor, ctx: Ctx, q: str = "") -> HTMLResponse:
    """Open tasks, and today's cases or those that `q` finds."""
    with ctx.database.read() as session:
        sought = bool(q.strip())
        wanted = wanted_cases(session, CaseFilter(q=q[:60])) if sought else registered_list(_midnight(ctx))
        cases = case_part(session, request, wanted)
        tasks = task_part(session, ctx, request, person)
    return render(ctx, "clerk/window.html", person, cases=cases, q=q, tasks=tasks)


def _midnight(ctx: Context) -> datetime:
    """Of today, by the hall's clock."""
    return ctx.now().astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
