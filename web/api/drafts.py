"""`/drafts`: new cases that are being typed (草稿), of a unit's windows; what was typed is shown by the page alone."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from logistics.masking import mask_firm, mask_name
from storage.cases.drafts import (
    DraftRow,
    Fields,
    check_holder,
    fields_of,
    find_draft,
    open_drafts,
    save_draft,
    take_over,
)
from storage.cases.within import drafts_within
from storage.people.users import LoggedIn
from web.answers.drafts import DraftList, DraftState
from web.foundation.context import Context, Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import Clerk

router = APIRouter(prefix="/api/v1/drafts", tags=["办件"])

DraftId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
MOST_SHOWN = 50

_Name = Annotated[str, Field(max_length=160)]
_Value = Annotated[str, Field(max_length=4000)]


class DraftRequest(RequestSchema):
    """`PUT /drafts/{id}`. `page`: a random word of the page that saves. `version`: the one it has seen, 0 for none.

    `fields`: (name, value) of each field, as a form sends them.
    """

    page: str = Field(min_length=8, max_length=32)
    version: int = Field(ge=0)
    fields: list[tuple[_Name, _Value]] = Field(max_length=1000)


@router.get("", operation_id="listDrafts", response_model=DraftList)
def drafts(clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Drafts of the clerk's unit, the latest first, 50 at most. Applicants are masked."""
    return {"drafts": lines_of(ctx, clerk)}


def lines_of(ctx: Context, clerk: LoggedIn) -> list[dict[str, Any]]:
    """The list of `GET /drafts` for one clerk."""
    with ctx.database.read() as session:
        rows = open_drafts(session, ctx.now(), MOST_SHOWN, drafts_within(clerk))
        return [_state(row, clerk.username) | {"who": _who(fields_of(ctx.sealer, row))} for row in rows]


@router.get("/{draft_id}", operation_id="getDraft", response_model=DraftState)
def draft(draft_id: DraftId, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Who holds a draft now; asked every few seconds by the page on which it is typed. Refused: 404 DRAFT_UNKNOWN."""
    with ctx.database.read() as session:
        return _state(find_draft(session, draft_id, ctx.now()), clerk.username)


@router.put("/{draft_id}", operation_id="saveDraft", response_model=DraftState)
def save(draft_id: DraftId, given: DraftRequest, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Keep what was typed so far. The id is the page's, and the Idempotency-Key under which it is registered.

    Refused: 409 DRAFT_TAKEN, DRAFT_REGISTERED, DRAFT_ELSEWHERE (another page of the same clerk has gone on).
    """
    fields: Fields = list(given.fields)
    code = next((value for name, value in fields if name == "itemCode"), "")
    item = ctx.catalogue.get(code)
    with ctx.database.write() as session:
        row = save_draft(
            session,
            ctx.sealer,
            draft_id,
            clerk.username,
            unit_id=clerk.reach.unit or "",
            page=given.page,
            version=given.version,
            fields=fields,
            item_name=item.name if item else None,
            now=ctx.now(),
        )
        return _state(row, clerk.username)


@router.post("/{draft_id}/takeover", operation_id="takeDraft", response_model=DraftState)
def take(draft_id: DraftId, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Go on with a colleague's draft (接手), who is told. Refused: 404 DRAFT_UNKNOWN, 409 DRAFT_REGISTERED."""
    with ctx.database.write() as session:
        row = find_draft(session, draft_id, ctx.now(), lock=True)
        take_over(session, ctx.sealer, row, clerk.username, ctx.now())
        return _state(row, clerk.username)


@router.delete("/{draft_id}", operation_id="dropDraft", status_code=204)
def drop(draft_id: DraftId, clerk: Clerk, ctx: Ctx) -> Response:
    """Throw one's own draft away. Refused: 404 DRAFT_UNKNOWN, 409 DRAFT_TAKEN, DRAFT_REGISTERED."""
    with ctx.database.write() as session:
        row = find_draft(session, draft_id, ctx.now(), lock=True)
        check_holder(row, clerk.username)
        session.delete(row)
    return Response(status_code=204)


def _state(row: DraftRow, clerk: str) -> dict[str, Any]:
    return {
        "id": row.draft_id,
        "owner": row.owner,
        "mine": row.owner == clerk,
        "version": row.version,
        "itemName": row.item_name,
        "savedAt": row.saved_at.isoformat(),
        "caseNo": row.case_no,
    }


def _who(fields: Fields) -> str:
    told = dict(fields)
    name = told.get("applicant.name", "").strip()
    if not name:
        return ""
    return mask_firm(name) if told.get("applicant.type") == "enterprise" else mask_name(name)
