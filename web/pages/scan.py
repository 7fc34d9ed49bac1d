"""Outlets, couriers and the hall's counter (扫描)."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.api import outlets
from web.foundation.context import Ctx
from web.foundation.paging import Part
from web.pages.rendering import render
from web.pages.visitors import ScanVisitor
from web.pages.work_lists import job_part, task_part

router = APIRouter(include_in_schema=False)


@router.get("/scan")
def scan(request: Request, person: ScanVisitor, ctx: Ctx, outlet: str = "") -> HTMLResponse:
    """The work list of the outlet or hall that is chosen, and the form to scan one parcel after another."""
    known = outlets.outlets(person, ctx)["outlets"]
    places = [(outlets.HALL, "政务大厅"), *((o["id"], o["name"]) for o in known)]
    chosen = outlet if outlet in dict(places) else ""
    with ctx.database.read() as session:
        jobs = job_part(session, ctx, request, chosen) if chosen else Part(rows=())
        tasks = task_part(session, ctx, request, person)
    return render(ctx, "courier/scan.html", person, places=places, chosen=chosen, jobs=jobs, tasks=tasks)
