"""Claims for parcels (查询与赔偿): opened at the window, carried step by step by two people, listed by their limits."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from pydantic import AwareDatetime
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.claims import ClaimState, not_now
from domain.errors import NotFound
from domain.terms import Role
from parcels.claims import open_claim, take_step
from storage.cases.faces import faces_of
from storage.cases.rows import CaseRow
from storage.cases.within import by_case_within
from storage.documents.uploads import bind
from storage.idempotency import first_answer, keep_answer
from storage.keyset import narrowed, read_page
from storage.parcels.claims import ClaimRow, claim_list, events_of, lock_claim
from storage.parcels.legs import LegRow, lock_leg
from storage.people.users import LoggedIn
from web.answers.claims import CaseClaims, ClaimList, ClaimShown
from web.api.claim_opening import OpenRequest, opening_of
from web.api.claim_steps import StepRequest, refused, taken_of
from web.api.overtaken import claim_changed
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.security.session import CaseReader, Clerk, only
from web.views.cases import find_case
from web.views.claims import case_claims, claim_shown, lines_of

router = APIRouter(prefix="/api/v1", tags=["理赔"])

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=64)]
Deciding = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.SUPERVISOR))]
Watching = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.SUPERVISOR, Role.AUDITOR))]


@router.post("/cases/{case_no}/claims", status_code=201, operation_id="openClaim", response_model=ClaimShown)
def open_one(case_no: str, wanted: OpenRequest, clerk: Clerk, ctx: Ctx, key: Key) -> dict[str, Any]:
    """Claim for a parcel of the case: what happened, which papers, what shows it, how much. Nothing is sent anywhere.

    Again with the same key and body: no second claim. Refused: 404 CASE_UNKNOWN, LEG_UNKNOWN; 409 CLAIM_OPEN (there
    is one already), CLAIM_NOT_POSTED (the carrier never had it); 422 CLAIM_TOO_LATE (a year is over), CLAIM_PAPERS,
    CLAIM_VALUE (what the proportion is reckoned from), CLAIM_AMOUNT (more than the law gives), DOCUMENT_UNKNOWN,
    IDEMPOTENCY_KEY_REUSED.
    """
    body = f"{case_no} {wanted.model_dump_json()}".encode()
    now = ctx.now()
    with ctx.database.write() as session:
        known = first_answer(session, clerk.username, key, body)
        if known is None:
            find_case(session, case_no)
            leg = _leg_of(session, case_no, wanted.leg_id)  # before its case, as who scans does
            case = session.get_one(CaseRow, case_no, with_for_update=True)
            opening = opening_of(session, ctx, case, leg, wanted, clerk.username)
            row = open_claim(session, ctx.sealer, case, leg, opening, by=clerk.username, now=now)
            bind(session, case_no, opening.documents, now)
            known = {"claimId": row.claim_id}  # what was said is kept sealed, and nowhere else
            keep_answer(session, clerk.username, key, body, known, now)
        answer = _shown(session, ctx, known["claimId"], clerk)
    ctx.notify()
    return answer


@router.get("/cases/{case_no}/claims", operation_id="listCaseClaims", response_model=CaseClaims)
def of_case(case_no: str, reader: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """The claims of a case with what the caller may do next, and what scans and counts would fill in for new ones.

    Refused: 404 CASE_UNKNOWN.
    """
    with ctx.database.read() as session:
        return case_claims(session, ctx, find_case(session, case_no), reader)


@router.post("/claims/{claim_id}/steps", operation_id="takeClaimStep", response_model=ClaimShown)
def take_one(claim_id: str, wanted: StepRequest, person: Deciding, ctx: Ctx, key: Key) -> dict[str, Any]:
    """The next step of a claim; acceptance and refusal are another person's than who opened it.

    Again with the same key and body: no second effect. Refused: 403 ROLE; 404 CLAIM_UNKNOWN, CLAIM_PAPER_UNKNOWN; 409
    CLAIM_CHANGED (`version` is not the last), CLAIM_STEP, SAME_PERSON, CLAIM_UNANSWERED (the carrier may still
    answer); 422 INVALID (what the step needs), CLAIM_AMOUNT, CLAIM_GROUND, CLAIM_TOO_LATE, IDEMPOTENCY_KEY_REUSED.
    """
    body = f"{claim_id} {wanted.model_dump_json()}".encode()
    now = ctx.now()
    with ctx.database.write() as session:
        if first_answer(session, person.username, key, body) is None:
            row = lock_claim(session, claim_id)
            if row is None:
                raise NotFound("没有这项理赔", code="CLAIM_UNKNOWN")
            if wanted.version != row.version:
                raise claim_changed(session, ctx, row)
            why = not_now(row.claim, wanted.step, by=person.username, role=person.role, now=now)
            if why is not None:
                raise refused(why, row)
            taken = taken_of(wanted, row, now)
            case, leg = session.get_one(CaseRow, row.case_no), session.get_one(LegRow, row.leg_id)
            take_step(session, ctx.sealer, case, leg, row, taken, by=person.username, now=now)
            keep_answer(session, person.username, key, body, {"claimId": claim_id}, now)
        answer = _shown(session, ctx, claim_id, person)
    ctx.notify()
    return answer


@router.get("/claims", operation_id="listClaims", response_model=ClaimList)
def claims(
    person: Watching,
    ctx: Ctx,
    state: ClaimState | None = None,
    due: AwareDatetime | None = None,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Claims by the end of their limit, then those that are over, latest first. `due`: open ones that end by then.

    `next` goes into `after`. Refused: 422 CURSOR.
    """
    with ctx.database.read() as session:
        listed = narrowed(claim_list(state, due), by_case_within(person, ClaimRow.case_no))
        page = read_page(session, select(ClaimRow), listed, size=size, after=mark_of(after))
        shown = lines_of(session, ctx, [row.ClaimRow for row in page.rows])
    return {"claims": shown, "next": token_of(page.next)}


def _leg_of(session: Session, case_no: str, leg_id: str) -> LegRow:
    leg = lock_leg(session, leg_id)
    if leg is None or leg.case_no != case_no:
        raise NotFound("这个办件没有这件邮件", code="LEG_UNKNOWN")
    return leg


def _shown(session: Session, ctx: Context, claim_id: str, person: LoggedIn) -> dict[str, Any]:
    row = session.get_one(ClaimRow, claim_id)
    case, leg = session.get_one(CaseRow, row.case_no), session.get_one(LegRow, row.leg_id)
    who = faces_of(session, ctx.sealer, [case.case_no]).get(case.case_no, "")
    return claim_shown(ctx, row, leg, case.item_name, who, events_of(session, [claim_id])[claim_id], person)
