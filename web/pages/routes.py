"""Plain pages over the same HTTP interface: everything that changes something goes through /api/v1."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select

from catalog import regions
from domain.errors import NotFound
from domain.phone_views import OF_A_CASE
from domain.terms import ApplicantType, CaseStatus, IdType, Partner, ResultForm, Role, Scheme
from logistics.service_calendar import CHINA
from storage.cases.case_list import CaseFilter, case_list, registered_list, wanted_cases
from storage.cases.rows import handlings_of
from storage.documents.accesses import accesses_of_case
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn, log_out
from web.api import messages, outlets, partners, phones
from web.api.dashboard import figures
from web.api.operations import TemporalServing, health
from web.foundation.context import Context, Ctx
from web.foundation.paging import LIVE, Part
from web.foundation.problems import TooBusy, Unauthenticated
from web.pages.item_form import form_values
from web.pages.open_rounds import open_rounds
from web.pages.rendering import CASE, OFFICER, SCAN, START, WATCH, WINDOW, refused, render, visitor
from web.pages.results import number_of, standing_with
from web.pages.work_lists import case_part, exchange_part, job_part, officer_part, task_part
from web.security.session import COOKIE, caller, enter, keep_cookie, token_of
from web.views.cases import find_case, full, history, promised
from web.views.places import places_of
from web.views.results import results_of

router = APIRouter(include_in_schema=False)

CONSENT_VERSION = "2026-11"
_DAY = timedelta(hours=24)

WindowVisitor = Annotated[LoggedIn, Depends(visitor(*WINDOW))]
CaseVisitor = Annotated[LoggedIn, Depends(visitor(*CASE))]
OfficerVisitor = Annotated[LoggedIn, Depends(visitor(*OFFICER))]
ScanVisitor = Annotated[LoggedIn, Depends(visitor(*SCAN))]
Watching = Annotated[LoggedIn, Depends(visitor(*WATCH))]


@router.get("/")
def home(request: Request, ctx: Ctx) -> Response:
    """To where one's own work is, or to the login."""
    person = caller(request, ctx)
    return RedirectResponse(START[person.role] if person else "/login", 303)


@router.get("/login")
def login_page(ctx: Ctx, next: str = "") -> HTMLResponse:
    """The login; works without scripts. `next`: the path to go on to."""
    return render(ctx, "login.html", next=_local(next), username="", wrong="")


@router.post("/login")
async def log_in(
    request: Request,
    ctx: Ctx,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """A cookie, and on to `next` or the role's start; the login again with 401 or 429."""
    try:
        token, role = await enter(ctx, username.strip(), password)
    except (Unauthenticated, TooBusy) as refusal:
        return await asyncio.to_thread(_login_again, ctx, username, next, refusal)
    answer = RedirectResponse(_local(next) or START[role], 303)
    keep_cookie(request, answer, token)
    return answer


def _login_again(ctx: Context, username: str, target: str, refusal: Unauthenticated | TooBusy) -> HTMLResponse:
    status = 401 if isinstance(refusal, Unauthenticated) else 429
    return render(ctx, "login.html", status=status, next=_local(target), username=username, wrong=refusal.sentence)


@router.post("/logout")
def leave(request: Request, ctx: Ctx) -> Response:
    """End the session, back to the login."""
    with ctx.database.write() as session:
        log_out(session, token_of(request) or "")
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _local(target: str) -> str:
    """A path of ours, or nothing: a login must not send people to another site."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if ours and target.isprintable() else ""


@router.get("/window/new")
@router.get("/window")
def window(
    request: Request, person: WindowVisitor, ctx: Ctx, q: str = "", item: str = "", situation: str = ""
) -> HTMLResponse:
    """The clerk's start: a new case, open tasks, today's cases or those that `q` finds.

    `item`, `situation`: the new case begins with this item and its form.
    """
    with ctx.database.read() as session:
        sought = bool(q.strip())
        wanted = wanted_cases(session, CaseFilter(q=q[:60])) if sought else registered_list(_midnight(ctx))
        cases = case_part(session, request, wanted)
        tasks = task_part(session, ctx, request, person)
    return render(
        ctx,
        "window.html",
        person,
        cases=cases,
        q=q,
        tasks=tasks,
        id_types=list(IdType),
        applicant_types=list(ApplicantType),
        consent_version=CONSENT_VERSION,
        given=form_values(ctx.catalogue, item, situation) if ctx.catalogue.get(item) else None,
    )


@router.get("/window/{case_no}")
def case_page(request: Request, case_no: str, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """One case, followed live."""
    return _case(ctx, request, "case.html", case_no, person)


@router.get("/window/{case_no}" + LIVE)
def case_live(request: Request, case_no: str, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """The part of the case's page that changes, fetched again when the stream says that something is new."""
    return _case(ctx, request, "case_live.html", case_no, person)


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


@router.get("/officer")
def officer(request: Request, person: OfficerVisitor, ctx: Ctx) -> HTMLResponse:
    """In-city handlings that wait for a decision or a dispatch, each with the events that may be said now."""
    with ctx.database.read() as session:
        waiting = officer_part(session, request)
    return render(ctx, "officer.html", person, handlings=waiting, result_forms=list(ResultForm))


@router.get("/scan")
def scan(request: Request, person: ScanVisitor, ctx: Ctx, outlet: str = "") -> HTMLResponse:
    """The work list of the outlet or hall that is chosen, and the form to scan one parcel after another."""
    known = outlets.outlets(person, ctx)["outlets"]
    places = [(outlets.HALL, "政务大厅"), *((o["id"], o["name"]) for o in known)]
    chosen = outlet if outlet in dict(places) else ""
    with ctx.database.read() as session:
        jobs = job_part(session, ctx, request, chosen) if chosen else Part(rows=())
        tasks = task_part(session, ctx, request, person)
    return render(ctx, "scan.html", person, places=places, chosen=chosen, jobs=jobs, tasks=tasks)


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
        "supervisor.html",
        person,
        figures=shown,
        due=due,
        tasks=tasks,
        views=views,
        agreements=ctx.agreements.summary,
    )


@router.get("/partner")
def partner(request: Request, person: Watching, ctx: Ctx, network: str = Partner.SICHUAN) -> HTMLResponse:
    """What was exchanged with one network: its messages, our commands, the log."""
    chosen = Partner(network) if network in set(Partner) else Partner.SICHUAN
    with ctx.database.read() as session:
        parts = {name: exchange_part(session, request, chosen, name) for name in partners.EXCHANGED}
    return render(ctx, "partner.html", person, partners=list(Partner), chosen=chosen, parts=parts)


@router.get("/status")
def status(request: Request, person: Watching, serving: TemporalServing, ctx: Ctx) -> HTMLResponse:
    """Health in words, with the way to the Temporal UI."""
    with ctx.database.read() as session:
        tasks = task_part(session, ctx, request, person)
    return render(ctx, "status.html", person, health=health(ctx, serving), tasks=tasks)


@router.get("/track")
def track_page(ctx: Ctx, caseNo: str = "") -> HTMLResponse:
    """The applicant's page; the phone's digits never stand in an address."""
    return render(ctx, "track.html", found=None, case_no=caseNo[:21], wrong="")


@router.post("/track")
def track_found(
    ctx: Ctx,
    case_no: Annotated[str, Form(alias="caseNo", max_length=40)] = "",
    tail: Annotated[str, Form(alias="phoneTail", max_length=8)] = "",
) -> Response:
    """Where the matter stands, or 404 with the sentence; works without scripts, the phone's digits come in the body."""
    return standing_with(ctx, number_of(case_no), tail.strip())


def _place(code: str) -> str:
    region = regions.find(code)
    return region.full_name if region else code


def _midnight(ctx: Context) -> datetime:
    """Of today, by the hall's clock."""
    return ctx.now().astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
