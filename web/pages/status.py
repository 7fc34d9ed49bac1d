"""The operator's page (系统状况)."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.api.operations import TemporalServing, health
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import Watching
from web.pages.work_lists import task_part

router = APIRouter(include_in_schema=False)


@router.get("/status")
def status(request: Request, person: Watching, serving: TemporalServing, ctx: Ctx) -> HTMLResponse:
    """Health in words, with the way to the Temporal UI."""
    with ctx.database.read() as session:
        tasks = task_part(session, ctx, request, person)
    return render(ctx, "ops/status.html", person, health=health(ctx, serving), tasks=tasks)
