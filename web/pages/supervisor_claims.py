"""The claims for parcels behind the number on the supervisor's page, by the end of their limit."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from domain.claims import ClaimState
from storage.cases.within import by_case_within
from storage.keyset import Mark, Page, narrowed, read_page
from storage.parcels.claims import ClaimRow, claim_list, open_claims
from web.foundation.context import Ctx
from web.foundation.paging import turned
from web.pages.rendering import render
from web.pages.visitors import Supervising
from web.views.claim_words import STATES
from web.views.claims import lines_of

router = APIRouter(include_in_schema=False)

_SIZE = 50


@router.get("/supervisor/claims")
def claims(
    request: Request, person: Supervising, ctx: Ctx, state: Annotated[str, Query(max_length=12)] = ""
) -> HTMLResponse:
    """Open claims, or with `state` those of one state; an unknown one shows the open ones. Refused: 422 CURSOR."""
    wanted = ClaimState(state) if state in set(ClaimState) else None
    listed = open_claims() if wanted is None else claim_list(wanted)
    segments = narrowed(listed, by_case_within(person, ClaimRow.case_no))
    with ctx.database.read() as session:

        def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
            page = read_page(session, select(ClaimRow), segments, size=size, after=after)
            return Page(rows=lines_of(session, ctx, [row.ClaimRow for row in page.rows]), next=page.next)

        part = turned(session, request, "claims", segments, read, size=_SIZE)
    return render(ctx, "supervisor/claims.html", person, claims=part, state=wanted, states=STATES)
