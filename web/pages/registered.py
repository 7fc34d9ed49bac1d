"""Registered (已登记): the number large, the receipt printed, what the applicant takes along, the next one."""

from io import BytesIO
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from catalog.regions import find as find_region
from domain.errors import NotFound
from papers import picture_of, sheets_of
from storage.cases.deferred_materials import still_owed
from storage.cases.rows import handlings_of
from web.api.papers import ReceiptPaper, receipt_pdf, track_address
from web.foundation.context import Context, Ctx
from web.pages.rendering import refused, render
from web.pages.visitors import WindowVisitor
from web.views.cases import find_case

router = APIRouter(include_in_schema=False)


@router.get("/window/{case_no}/done")
def done(case_no: str, person: WindowVisitor, ctx: Ctx) -> HTMLResponse:
    """The page after a registration; 404 where there is no such case."""
    try:
        told = _told(ctx, case_no)
        sheets = sheets_of(receipt_pdf(ctx, case_no, person, ReceiptPaper.A4))
    except NotFound as fault:
        return refused(ctx, person, 404, fault.sentence, "/window/new", "新办件")
    return render(ctx, "clerk/registered.html", person, pages=sheets, **told)


@router.get("/window/{case_no}/qr.svg")
def square(case_no: str, _person: WindowVisitor, ctx: Ctx) -> Response:
    """The square code that opens the applicant's page on his phone; 404 where there is no such case."""
    out = BytesIO()
    try:
        with ctx.database.read() as session:
            find_case(session, case_no)
    except NotFound:
        return Response(status_code=404)
    segno.make(track_address(ctx, case_no), error="m", micro=False).save(out, kind="svg", scale=4, border=4)
    return Response(out.getvalue(), media_type="image/svg+xml")


@router.get("/window/{case_no}/receipt.png")
def receipt_sheet(
    case_no: str,
    person: WindowVisitor,
    ctx: Ctx,
    paper: ReceiptPaper = ReceiptPaper.SLIP,
    sheet: Annotated[int, Query(ge=0, le=20)] = 0,
) -> Response:
    """One sheet of the receipt as a picture, so that the page after a registration can print it; 404 for none."""
    try:
        drawn = picture_of(receipt_pdf(ctx, case_no, person, paper), sheet)
    except (NotFound, IndexError):
        return Response(status_code=404)
    return Response(drawn, media_type="image/png")


def _told(ctx: Context, case_no: str) -> dict[str, Any]:
    with ctx.database.read() as session:
        case = find_case(session, case_no)
        places = [find_region(handling.region) for handling in handlings_of(session, case_no)]
        return {
            "case_no": case.case_no,
            "item_name": case.item_name,
            "places": list(dict.fromkeys(place.full_name for place in places if place is not None)),
            "owed": len(still_owed(session, case_no)),
        }
