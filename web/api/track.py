"""`/track`: the applicant looks by receipt number and the code on the receipt or from a message, without login."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.workdays import local_day
from domain.dossier import Dossier
from domain.messages import DeadlineKind
from domain.terms import CaseStatus, Leg
from storage.cases.deferred_materials import still_owed
from storage.cases.result_release import taken_back
from storage.cases.rows import CaseRow, DeadlineRow, handlings_of, read_dossier
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperRow, papers_of
from web.answers.track import Standing
from web.foundation.context import Context, Ctx
from web.security.tries import counted
from web.views.applicants import Proof, proved
from web.views.cases import find_case
from web.views.claims import claims_told
from web.views.clocks import responsible_now, running_clocks
from web.views.erased import refuse_visit
from web.views.fees import fee_shown
from web.views.handover_codes import codes_needed
from web.views.joint import steps_shown, undoing_sentence, undone_sentence
from web.views.lacking import agreed_sentence, lacking_sentence, lacking_shown
from web.views.legs import leg_sentence, promised
from web.views.masking import applicant_masked
from web.views.missing import missing_shown
from web.views.next_steps import then_sentence
from web.views.places import places_of
from web.views.results import results_shown
from web.views.said import said_to_applicant
from web.views.sentences import standing_sentence
from web.views.stations import stations_of, steps_of
from web.views.ways import way_of, wrong_with
from web.views.wording import LEGS

router = APIRouter(prefix="/api/v1/track", tags=["进度查询"])


@router.get("", operation_id="track", response_model=Standing, response_model_exclude_unset=True)
def track(
    request: Request,
    ctx: Ctx,
    case_no: Annotated[str, Query(alias="caseNo", max_length=21)],
    _phone_tail: Annotated[str | None, Query(alias="phoneTail", pattern=r"^[0-9]{4}$", deprecated=True)] = None,
    code: Annotated[str, Header(alias="X-Track-Code", max_length=32)] = "",
) -> dict[str, Any]:
    """Where the matter stands, without login; the name is masked.

    `X-Track-Code`: the code on the receipt, or one that was sent; a header, because addresses are written into logs.
    `phoneTail` is taken as before and opens nothing. Refused: 404 TRACK, alike for a wrong number and a wrong code;
    429 TRACK_LOCKED after ten of them on one number from one address within a quarter of an hour.
    """
    with counted(ctx, request, case_no):
        with ctx.database.write() as session:
            mine = proved(session, ctx, Proof(case_no, code))
        return standing(ctx, mine)


def standing(ctx: Context, case_no: str) -> dict[str, Any]:
    """What the applicant of a case may see of it, as JSON.

    Raises:
        NotFound: no such case (`CASE_UNKNOWN`).
        Gone: everything personal of it was erased (`PERSONAL_ERASED`).
    """
    with ctx.database.read() as session:
        case = find_case(session, case_no)
        refuse_visit(session, case_no)
        return _shown(session, case, read_dossier(case, ctx.sealer), ctx)


def _shown(session: Session, case: CaseRow, dossier: Dossier, ctx: Context) -> dict[str, Any]:
    owed = bool(still_owed(session, case.case_no))
    handlings = handlings_of(session, case.case_no)
    clocks = running_clocks(session, case)
    status = CaseStatus(case.status)
    papers = papers_of(session, case.case_no)
    legs = list(session.scalars(select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at)))
    undone = taken_back(session, case.case_no)
    results = results_shown(session, [h for h in handlings if h.handling_no not in undone], withheld=owed)
    said = said_to_applicant(session, ctx, handlings, withheld=owed)
    places = places_of(handlings)
    stands = standing_sentence(
        case,
        owed=owed,
        reply_by=_last_day(clocks, DeadlineKind.SUPPLEMENT_REPLY),
        way=way_of(handlings, legs, clocks, results),
        wrong=wrong_with(session, legs),
    )
    return {
        "caseNo": case.case_no,
        "itemName": case.item_name,
        "applicant": applicant_masked(dossier.applicant),
        "status": status,
        "statusLabel": status.label,
        "next": undoing_sentence(session, case) or _next(case, papers, clocks, stands) + undone_sentence(session, case),
        "then": then_sentence(
            case,
            clocks,
            places,
            ctx.now(),
            to_fetch=bool(results),
            to_agree=_waits(case) and any(p.differs for p in papers),
        ),
        "missing": missing_shown(session, case, handlings, said, papers, clocks, ctx.now()),
        "progress": steps_of(case, said),
        "steps": steps_shown(case, handlings),
        "responsibleNow": responsible_now(case, clocks, ctx, places),
        "closed": case.closed_at is not None,
        "dueAt": case.due_at.isoformat() if case.due_at else None,
        "fee": _fee(case, dossier),
        "said": said,
        "mayRate": case.decided_at is not None and case.rating is None,
        "results": results,
        "parcels": [
            {
                "legId": leg.leg_id,
                "leg": leg.leg,
                "label": LEGS[Leg(leg.leg)],
                "trackingNo": leg.tracking_no,
                "stage": leg.stage,
                "sentence": leg_sentence(session, leg),
                "promise": promised(leg, ctx.now()),
                "stations": stations_of(leg),
            }
            for leg in legs
        ],
        "handoverCodes": codes_needed(session, ctx, case, legs),
        "lacking": [] if status.is_outcome else lacking_shown(papers),
        "claims": claims_told(session, case.case_no, ctx.now()) if legs else [],
    }


def _fee(case: CaseRow, dossier: Dossier) -> dict[str, Any] | None:
    """The fee, without who has marked it."""
    shown = fee_shown(case, dossier)
    return {name: value for name, value in shown.items() if name != "markedBy"} if shown is not None else None


def _next(case: CaseRow, papers: list[PaperRow], clocks: list[DeadlineRow], stands: str) -> str:
    """What is to be done comes first, then where the matter stands, and what was agreed upon while it goes on."""
    if CaseStatus(case.status).is_outcome:
        return stands
    to_do = lacking_sentence(papers, _last_day(clocks, DeadlineKind.MISSING_PAPER)) if _waits(case) else None
    return to_do or f"{stands}{agreed_sentence(papers) or ''}"


def _waits(case: CaseRow) -> bool:
    """Papers that differ hold the case up: it is not collected, and not called off."""
    return case.collected_at is None and not case.withdrawal_pending


def _last_day(clocks: list[DeadlineRow], kind: DeadlineKind) -> str | None:
    """The last day of a clock that runs, as people say it."""
    last = next((local_day(c.due_at) for c in clocks if c.kind == kind), None)
    return f"{last.month}月{last.day}日" if last is not None else None
