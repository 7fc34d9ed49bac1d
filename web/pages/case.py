"""One case, followed live (办件)."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import regions
from domain.audience import READERS_OF_WORDS
from domain.dossier import Dossier
from domain.errors import NotFound
from domain.personal import ExportReason, HoldKind, UnmaskField, UnmaskReason
from domain.phone_views import OF_A_CASE
from domain.terms import CaseStatus, Role, Scheme
from storage.cases.rows import CaseRow, handlings_of, read_dossier
from storage.documents.accesses import accesses_of_case
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from storage.personal.holds import hold_of
from storage.personal.person_requests import withdrawn
from storage.tasks.rows import TaskRow
from web.api import messages, phones
from web.api.unmasking import may_unmask
from web.foundation.context import Context, Ctx
from web.foundation.paging import LIVE
from web.pages.open_rounds import open_rounds
from web.pages.rendering import START, SUPERVISE, refused, render
from web.pages.visitors import CaseVisitor
from web.pages.work_lists import task_part
from web.views.authority_names import authority_name
from web.views.cases import find_case, full, history
from web.views.claim_panel import claim_panel
from web.views.consents import still_given, what_follows
from web.views.erased import erased_sentence
from web.views.headline import headline
from web.views.lanes import lanes_of
from web.views.leg_changes import visits_shown
from web.views.legs import promised
from web.views.paper_lines import paper_lines
from web.views.parcel_stations import stations_of
from web.views.places import places_of
from web.views.record import Record, record_of
from web.views.results import results_of
from web.views.waits import waits_of

router = APIRouter(include_in_schema=False)

_REQUESTERS = {
    ExportReason.SUBJECT: "申请人本人",
    ExportReason.AGENT: "代办人（有授权）",
    ExportReason.GUARDIAN: "监护人",
}
_LABELS = (Role.CLERK, Role.SUPERVISOR)
"""Of those who may open the page, who prints a parcel's label."""


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
            dossier = read_dossier(row, ctx.sealer)
            values = _shown(session, ctx, request, person, row, case) | {
                "record": _record(session, ctx, row, case, events, _reasons(session, row, dossier, person)),
                "lines": paper_lines(dossier, case["papers"]),
                "personal": _personal(session, ctx, row, dossier, person),
            }
    except NotFound as missing:
        return refused(ctx, person, 404, missing.sentence, START[person.role], "回到我的页面")
    return render(
        ctx,
        template,
        person,
        case=case,
        last_event=events[-1]["id"] if events else 0,
        headline=headline(case, ctx.now()),
        lanes=lanes_of(case),
        authority=_authority(case),
        regions={h["region"]: _place(h["region"]) for h in case["handlings"]},
        schemes={scheme.value: scheme.label for scheme in Scheme},
        may_act=person.role is Role.CLERK,
        may_withdraw=not CaseStatus(case["status"]).is_outcome and not case["withdrawalPending"],
        may_tell=person.role in OF_A_CASE,
        may_label=person.role in _LABELS,
        **values,
    )


def _shown(
    session: Session, ctx: Context, request: Request, person: LoggedIn, row: CaseRow, case: dict[str, Any]
) -> dict[str, Any]:
    """What the page shows beside the case itself."""
    materials = row.item["materials"]
    legs = list(session.scalars(select(LegRow).filter_by(case_no=row.case_no)))
    return {
        "materials": materials,
        "promises": {leg.leg_id: promised(leg, ctx.now()) for leg in legs},
        "stations": {leg.leg_id: stations_of(leg) for leg in legs},
        "manifests": {leg.leg_id: leg.manifest for leg in legs},
        "visits": visits_shown(session, ctx, legs) if person.role is Role.CLERK else {},
        "places": places_of(handlings_of(session, row.case_no)),
        "files": {one["handlingNo"] for one in results_of(session, row.case_no)},
        "open_rounds": open_rounds(case, materials),
        "tasks": task_part(session, ctx, request, person, case_no=row.case_no),
        "readings": accesses_of_case(session, row.case_no) if person.role in SUPERVISE else [],
        "told": messages.told(session, ctx, row),
        "views": phones.views_of(session, person, row.case_no),
        "claims": claim_panel(session, ctx, row, person),
    }


def _personal(session: Session, ctx: Context, row: CaseRow, dossier: Dossier, person: LoggedIn) -> dict[str, Any]:
    """What the page says of the applicant's data, and what this person may do with them."""
    hold = hold_of(session, row.case_no, ctx.now())
    gone = withdrawn(session, row.case_no)
    return {
        "erased": erased_sentence(dossier.erased_at) if dossier.erased_at is not None else None,
        "held": HoldKind(hold.kind).label if hold is not None else None,
        "consents": {one: what_follows(session, ctx, row, dossier, one) for one in still_given(dossier, gone)},
        "withdrawn": sorted(gone),
        "fields": list(UnmaskField) if dossier.erased_at is None and may_unmask(session, row, person) else [],
        "reasons": list(UnmaskReason),
        "requesters": _REQUESTERS if person.role is Role.CLERK and dossier.erased_at is None else {},
        "holds": list(HoldKind) if person.role is Role.SUPERVISOR and dossier.erased_at is None else [],
    }


def _reasons(session: Session, row: CaseRow, dossier: Dossier, person: LoggedIn) -> dict[str, str]:
    """Why people have decided or asked so, as `web.views.record` takes it; {} for who reads no words."""
    if person.role not in READERS_OF_WORDS:
        return {}
    over = select(TaskRow.resolved_at, TaskRow.reason).filter_by(case_no=row.case_no)
    decided = {at.isoformat(): reason or "" for at, reason in session.execute(over) if at is not None}
    once = {"WITHDRAWAL_ASKED": dossier.withdrawal_reason, "RATED": dossier.rating_comment}
    return decided | {kind: words for kind, words in once.items() if words}


def _record(
    session: Session,
    ctx: Context,
    row: CaseRow,
    case: dict[str, Any],
    events: list[dict[str, Any]],
    reasons: dict[str, str],
) -> Record:
    """`events`: of the case's history."""
    department = case["item"]["department"]
    return record_of(
        events,
        case["said"],
        waits_of(session, row, ctx.now()),
        places=places_of(handlings_of(session, row.case_no)),
        names={h["handlingNo"]: authority_name(department, h["region"]) for h in case["handlings"]},
        reasons=reasons,
    )


def _authority(case: dict[str, Any]) -> str:
    """Who decides a case of one authority; "" where several do, each in its lane."""
    if len(case["handlings"]) > 1:
        return ""
    return authority_name(case["item"]["department"], case["handlings"][0]["region"])


def _place(code: str) -> str:
    region = regions.find(code)
    return region.full_name if region else code
