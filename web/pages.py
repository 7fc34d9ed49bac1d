"""Plain pages over the same HTTP interface: everything that changes something goes through /api/v1."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select

from catalog import regions
from domain.errors import NotFound
from domain.tasks import TaskKind
from domain.terms import ApplicantType, CaseStatus, IdType, Partner, ResultForm, Role, Scheme
from logistics.service_calendar import CHINA
from storage.cases import CaseRow
from storage.legs import LegRow
from storage.people import LoggedIn, log_out
from web import handlings, outlets, partners, tasks, track
from web.casebook import brief, find_case, full, history, list_cases, promised
from web.context import Context, Ctx
from web.dashboard import figures
from web.ops import health
from web.problems import Unauthenticated
from web.rendering import CASE, OFFICER, SCAN, START, WATCH, WINDOW, refused, render, visitor
from web.session import COOKIE, caller, enter, keep_cookie, token_of

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
    """Where one's own work is."""
    person = caller(request, ctx)
    return RedirectResponse(START[person.role] if person else "/login", 303)


@router.get("/login")
def login_page(ctx: Ctx, next: str = "") -> HTMLResponse:
    """Works without scripts."""
    return render(ctx, "login.html", next=_local(next), username="", wrong="")


@router.post("/login")
def log_in(
    request: Request,
    ctx: Ctx,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """A cookie, and on to where the visitor wanted to go."""
    try:
        token, role = enter(ctx, username.strip(), password)
    except Unauthenticated as refusal:
        return render(ctx, "login.html", status=401, next=_local(next), username=username, wrong=refusal.sentence)
    answer = RedirectResponse(_local(next) or START[role], 303)
    keep_cookie(request, answer, token)
    return answer


@router.post("/logout")
def leave(request: Request, ctx: Ctx) -> Response:
    """Back to the login."""
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


@router.get("/window")
def window(person: WindowVisitor, ctx: Ctx, q: str = "") -> HTMLResponse:
    """The clerk's start: a new case, what waits, today's cases."""
    with ctx.database.read() as session:
        if q:
            cases = list_cases(session, status=None, scheme=None, due=None, q=q[:60], page=1, size=50)["cases"]
        else:
            rows = session.scalars(
                select(CaseRow)
                .where(CaseRow.registered_at >= _midnight(ctx))
                .order_by(CaseRow.case_no.desc())
                .limit(50)
            )
            cases = [brief(row) for row in rows]
    return render(
        ctx,
        "window.html",
        person,
        cases=cases,
        q=q,
        tasks=_tasks(person, ctx),
        id_types=list(IdType),
        applicant_types=list(ApplicantType),
        consent_version=CONSENT_VERSION,
    )


@router.get("/window/{case_no}")
def case_page(case_no: str, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """One case, followed live."""
    return _case(ctx, "case.html", case_no, person)


@router.get("/window/{case_no}/live")
def case_part(case_no: str, person: CaseVisitor, ctx: Ctx) -> HTMLResponse:
    """The part of the case's page that changes."""
    return _case(ctx, "case_live.html", case_no, person)


def _case(ctx: Context, template: str, case_no: str, person: LoggedIn) -> HTMLResponse:
    try:
        with ctx.database.read() as session:
            row = find_case(session, case_no)
            case = full(session, ctx, row)
            events = history(session, case_no)
            materials = row.item["materials"]
            legs = session.scalars(select(LegRow).filter_by(case_no=case_no))
            promises = {leg.leg_id: promised(leg, ctx.now()) for leg in legs}
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
        open_rounds=[h for h in case["handlings"] if h["status"] == CaseStatus.SUPPLEMENT_REQUIRED],
        may_act=person.role is Role.CLERK,
        may_withdraw=not CaseStatus(case["status"]).is_outcome and not case["withdrawalPending"],
        tasks=[t for t in _tasks(person, ctx) if t["caseNo"] == case_no],
    )


@router.get("/officer")
def officer(person: OfficerVisitor, ctx: Ctx) -> HTMLResponse:
    """In-city matters that wait for a decision, and what may be said next."""
    waiting = [h for h in handlings.queue(person, ctx)["handlings"] if h["next"]]
    return render(ctx, "officer.html", person, handlings=waiting, result_forms=list(ResultForm))


@router.get("/scan")
def scan(person: ScanVisitor, ctx: Ctx, outlet: str = "") -> HTMLResponse:
    """An outlet's work list, and one scan after another."""
    known = outlets.outlets(person, ctx)["outlets"]
    places = [(outlets.HALL, "政务大厅"), *((o["id"], o["name"]) for o in known)]
    chosen = outlet if outlet in dict(places) else ""
    work = outlets.worklist(chosen, person, ctx)["jobs"] if chosen else []
    return render(
        ctx,
        "scan.html",
        person,
        places=places,
        chosen=chosen,
        jobs=work,
        tasks=_tasks(person, ctx),
    )


@router.get("/supervisor")
def supervisor(person: Watching, ctx: Ctx) -> HTMLResponse:
    """Today's risk first."""
    with ctx.database.read() as session:
        shown = figures(session, ctx.now())
        due = list_cases(session, status=None, scheme=None, due=ctx.now() + _DAY, q=None, page=1, size=100)
    return render(
        ctx,
        "supervisor.html",
        person,
        figures=shown,
        due=due["cases"],
        tasks=_tasks(person, ctx),
        agreements=ctx.agreements.summary,
    )


@router.get("/partner")
def partner(person: Watching, ctx: Ctx, network: str = Partner.SICHUAN) -> HTMLResponse:
    """What was exchanged with one network."""
    chosen = Partner(network) if network in set(Partner) else Partner.SICHUAN
    exchanged = partners.deliveries(chosen, person, ctx, size=50)
    return render(ctx, "partner.html", person, partners=list(Partner), chosen=chosen, **exchanged)


@router.get("/status")
async def status(request: Request, person: Watching, ctx: Ctx) -> HTMLResponse:
    """Health in words, with the way to the Temporal UI."""
    return render(ctx, "status.html", person, health=await health(request, ctx), tasks=_tasks(person, ctx))


@router.get("/track")
def track_page(ctx: Ctx, caseNo: str = "") -> HTMLResponse:
    """The applicant's page; the phone's digits never stand in an address."""
    return render(ctx, "track.html", found=None, case_no=caseNo[:21], wrong="")


@router.post("/track")
def track_found(
    ctx: Ctx,
    case_no: Annotated[str, Form(alias="caseNo", max_length=40)] = "",
    tail: Annotated[str, Form(alias="phoneTail", max_length=8)] = "",
) -> HTMLResponse:
    """Where the matter stands; works without scripts."""
    number = case_no.strip().upper()
    try:
        found = track.standing(ctx, number, tail.strip())
    except NotFound as missing:
        return render(ctx, "track.html", status=404, found=None, case_no=number, wrong=missing.sentence)
    return render(ctx, "track.html", found=found, case_no=number, wrong="")


def _tasks(person: LoggedIn, ctx: Context) -> list[dict[str, Any]]:
    """Open tasks that this person sees; whether they may act is in `mine`."""
    shown = tasks.tasks(person, ctx)["tasks"]
    return [
        t | {"mine": person.role in (t["owner"], Role.SUPERVISOR), "address": _address_to_place(ctx, t)} for t in shown
    ]


def _address_to_place(ctx: Context, task: dict[str, Any]) -> str | None:
    """The address that nobody could find on the map: who places it has to read it."""
    if task["kind"] != TaskKind.PLACE_ADDRESS or task["legId"] is None:
        return None
    with ctx.database.read() as session:
        leg = session.get(LegRow, task["legId"])
        contact = outlets.contact_of(ctx, leg) if leg is not None else None
    return contact.address if contact else None


def _place(code: str) -> str:
    region = regions.find(code)
    return region.full_name if region else code


def _midnight(ctx: Context) -> datetime:
    """Of today, by the hall's clock."""
    return ctx.now().astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
