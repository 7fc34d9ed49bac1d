"""The scanning tool of outlets, couriers and the hall's counter (扫描): its shell, which knows nobody."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import ScanVisitor

router = APIRouter(include_in_schema=False)


@router.get("/scan")
def scan(_person: ScanVisitor, ctx: Ctx) -> HTMLResponse:
    """The tool for whoever is signed in; who that is and what there is to do, it asks for itself."""
    return shell(ctx)


@router.get("/scan/shell")
def shell(ctx: Ctx) -> HTMLResponse:
    """The same page for the device's cache: without a network it opens from there, whoever holds the device."""
    return render(ctx, "courier/scan.html")
