"""One case, followed live (办件)."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from catalog import regions
from domain.errors import NotFound
from domain.phone_views import OF_A_CASE
from domain.terms import CaseStatus, Role, Scheme
from storage.cases.rows import handlings_of
from storage.documents.accesses import accesses_of_case
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from web.api import messages, phones
from web.foundation.context import Context, Ctx
from web.foundation.paging import LIVE
from web.pages.open_rounds import open_rounds
from web.pages.rendering import START, WATCH, refused, render
from web.pages.visitors import CaseVisitor
from web.pages.work_lists import task_part
from web.views.cases import find_case, full, history, promised
from web.views.places import places_of
from web.views.results import results_of

router = APIRouter(include_in_schema=False)


@router.get("/window/{case_no}")
def case_page(request: Request, case_no: str, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """One case, followed live."""
    return _case(ctx, request, "clerk/case.html", case_no, person)


@router.get("/window/{case_no}" + LIVE)
def case_live(request: Request, case_no: str, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """The part of the case's page that changes, fetched again when the stream says that something is new."""
    return _case(ctx, request, "clerk/case_live.html", case_no, person)


def _case(ctx: Context, request: Request, template: str, case_no: str, person: LoggedIn) -> HTMLResponse:
    try:
        with ctx.database.read() as session:
            events = history(session, case_no)  # first: what comes meanwhile is not taken for shown
            row = find_case(session, case_no)
            case = full(session, ctx, row, person.role)
            materials = row.item["materials"]
            legs = session.scalars(select(LegRow).filter_by(case_no=case_no))
            promises = {leg.leg_id: promised(leg, ctx.now()) for leg in legs}
            places = places_of(handlings_of(session, case_no))
            files = {one["handlingNo"] for one in results_of(session, case_no)}
            waiting = task_part(session, ctx, request, person, case_no=case_no)
            readings = accesses_of_case(session, case_no) if person.role in WATCH else []
            told = messages.told(session, ctx, row)
            views = phones.views_of(session, person, case_no)
    except NotFound as missing:
        return refused(ctx, person, 404, missing.sentence, START[person.role], "回到我的页面")
    return render(
        ctx,
        template,
        person,
        case=case,
        events=events,
        materials=materials,
        promises=promises,
        regions={h["region"]: _place(h["region"]) for h in case["handlings"]},
        schemes={scheme.value: scheme.label for scheme in Scheme},
        files=files,
        places=places,
        open_rounds=open_rounds(case, materials),
        may_act=person.role is Role.CLERK,
        may_withdraw=not CaseStatus(case["status"]).is_outcome and not case["withdrawalPending"],
        tasks=waiting,
        readings=readings,
        told=told,
        views=views,
        may_tell=person.role in OF_A_CASE,
    )


def _place(code: str) -> str:
    region = regions.find(code)
    return region.full_name if region else code
