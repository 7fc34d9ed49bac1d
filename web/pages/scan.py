"""The scanning tool of outlets, couriers and the hall's counter (扫描): its shell, which knows nobody."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from web.foundation import scan_shell
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import ScanVisitor
from web.pages.work_lists import task_part
from web.views.suspensions import outlets_of, suspensions_shown

router = APIRouter(include_in_schema=False)


@router.get("/scan")
def scan(_person: ScanVisitor, ctx: Ctx) -> HTMLResponse:
    """The tool for whoever is signed in; who that is and what there is to do, it asks for itself."""
    return shell(ctx)


@router.get(scan_shell.PAGE)
def shell(ctx: Ctx) -> HTMLResponse:
    """The same page for the device's cache: without a network it opens from there, whoever holds the device."""
    return render(ctx, "courier/scan.html", build=scan_shell.shell().build)


@router.get("/scan/tasks")
def tasks(request: Request, person: ScanVisitor, ctx: Ctx) -> HTMLResponse:
    """What waits for a word of this person, e.g. an address that nobody could find; an outlet's suspensions."""
    with ctx.database.read() as session:
        part = task_part(session, ctx, request, person)
        outlets = outlets_of(session, person)
        stopped = suspensions_shown(session, ctx.now()) if outlets else []
    return render(ctx, "courier/tasks.html", person, tasks=part, outlets=outlets, suspensions=stopped)


@router.get("/sw.js")
def service_worker() -> Response:
    """The service worker of `/scan`; never kept, so that a device hears of a new build as soon as it asks."""
    headers = {"Service-Worker-Allowed": "/scan", "Cache-Control": "no-store"}
    return Response(scan_shell.service_worker(), media_type="text/javascript", headers=headers)
