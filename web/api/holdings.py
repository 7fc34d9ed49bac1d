"""`/handlings/{no}/take` and `/release`: which officer has a handling (认领、接手、放回)."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from domain.errors import Conflict
from storage.cases.holdings import hold
from web.answers.handlings import Holding
from web.api.decisions import locked
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import Officer

router = APIRouter(prefix="/api/v1/handlings", tags=["审批"])


class TakeRequest(RequestSchema):
    """`POST /handlings/{no}/take`. `from`: who had it when the page was made; `reason`: why it is taken over."""

    seen_holder: str | None = Field(default=None, max_length=64, alias="from")
    reason: str | None = Field(default=None, min_length=2, max_length=200)


@router.post("/{handling_no}/take", operation_id="takeHandling", response_model=Holding)
def take(handling_no: str, wanted: TakeRequest, officer: Officer, ctx: Ctx) -> dict[str, Any]:
    """The handling is this officer's from now on; a colleague's is taken over with a reason. Again: no second effect.

    Refused: 404 HANDLING_UNKNOWN; 409 HELD, somebody else has it now; 422 REASON.
    """
    with ctx.database.write() as session:
        handling = locked(session, handling_no)
        holder = handling.held_by
        if holder not in (None, officer.username):
            if wanted.seen_holder != holder:
                raise Conflict(f"这件刚由 {holder} 认领", code="HELD")
            if wanted.reason is None:
                raise Unprocessable("请写明为什么接手", code="REASON", field="reason")
        reason = wanted.reason or ""
        hold(session, ctx.sealer, handling, officer.username, by=officer.username, now=ctx.now(), reason=reason)
    return {"handlingNo": handling_no, "heldBy": officer.username}


@router.post("/{handling_no}/release", operation_id="releaseHandling", response_model=Holding)
def release(handling_no: str, officer: Officer, ctx: Ctx) -> dict[str, Any]:
    """Nobody has it any more. Refused: 404 HANDLING_UNKNOWN; 409 HELD, it is not this officer's."""
    with ctx.database.write() as session:
        handling = locked(session, handling_no)
        if handling.held_by not in (None, officer.username):
            raise Conflict(f"这件由 {handling.held_by} 办理，只有本人可以放回", code="HELD")
        hold(session, ctx.sealer, handling, None, by=officer.username, now=ctx.now(), reason="")
    return {"handlingNo": handling_no, "heldBy": None}
