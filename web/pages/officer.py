"""Those who decide in the own city (审批)."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from domain.terms import ResultForm
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import OfficerVisitor
from web.pages.work_lists import officer_part

router = APIRouter(include_in_schema=False)


@router.get("/officer")
def officer(request: Request, person: OfficerVisitor, ctx: Ctx) -> HTMLResponse:
    """In-city handlings that wait for a decision or a dispatch, each with the events that may be said now."""
    with ctx.database.read() as session:
        waiting = officer_part(session, request)
    return render(ctx, "officer/queue.html", person, handlings=waiting, result_forms=list(ResultForm))
