"""A new case (新办件): one page, each part checked as it is filled; a draft goes on where it was left."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import BadInput
from domain.terms import ApplicantType, IdType
from storage.cases.drafts import DraftRow, Fields, fields_of
from storage.idempotency import kept_answer
from storage.people.users import LoggedIn
from web.api.drafts import lines_of
from web.foundation.context import Context, Ctx
from web.pages.filling import filled
from web.pages.item_form import form_values
from web.pages.rendering import render
from web.pages.visitors import WindowVisitor

router = APIRouter(include_in_schema=False)

CONSENT_VERSION = "2026-11"
FORM = "case-form"
_PARTS = ("agent", "pickup", "delivery")
_MOST_PLACES = 6

DraftId = Annotated[str, Query(pattern=r"^([0-9a-f]{32})?$")]


class Begun(NamedTuple):
    """What the page begins with. `notice`: why a draft could not be opened."""

    draft_id: str
    version: int = 0
    fields: Fields = []
    notice: str = ""


@router.get("/window/new")
def new_case(person: WindowVisitor, ctx: Ctx, item: str = "", situation: str = "", draft: DraftId = "") -> Response:
    """The form of a new case. `item`, `situation`: it begins with this item and its form; `draft`: with this draft.

    A draft that is registered leads on to its case.
    """
    begun = _begun(ctx, person, draft)
    if isinstance(begun, str):
        return RedirectResponse(f"/window/{begun}/done", 303)
    told = dict(begun.fields)
    return shown(
        ctx,
        person,
        begun,
        item=told.get("itemCode") or item,
        situation=told.get("form.answers.situation") or situation,
    )


@router.get("/window/materials/{code}")
def materials(code: str, person: WindowVisitor, ctx: Ctx, situation: str = "") -> HTMLResponse:
    """The materials that an item asks for in a situation, as a part of the page."""
    try:
        asked = form_values(ctx.catalogue, code, situation)["item"].materials
    except BadInput:
        return HTMLResponse("", 404)
    return render(ctx, "clerk/materials.html", person, materials=asked)


def shown(
    ctx: Context,
    person: LoggedIn,
    begun: Begun,
    *,
    item: str,
    situation: str,
    status: int = 200,
    faults: Sequence[tuple[str, str]] = (),
    same: Sequence[dict[str, Any]] = (),
) -> HTMLResponse:
    """The page with these fields filled in. `faults`: (id, sentence) for the summary; `same`: of the same matter."""
    names = {name for name, _value in begun.fields}
    given = form_values(ctx.catalogue, item, situation) if ctx.catalogue.get(item) else None
    roles = len(given["item"].roles) if given else 0
    rows = [int(name.split(".")[1]) + 1 for name in names if name.startswith("handlings.") and name.endswith(".region")]
    page = render(
        ctx,
        "clerk/new.html",
        person,
        status=status,
        id_types=list(IdType),
        applicant_types=list(ApplicantType),
        consent_version=CONSENT_VERSION,
        given=given,
        places=min(max([1, roles, *rows]), _MOST_PLACES),
        opened={part for part in _PARTS if f"opens.{part}" in names},
        draft_id=begun.draft_id,
        version=begun.version,
        notice=begun.notice,
        drafts=[line | {"age": age(line["savedAt"], ctx.now())} for line in lines_of(ctx, person)],
        reader=bool(ctx.settings.reader.agent_url),
        faults=faults,
        same=same,
    )
    if not begun.fields and not faults:
        return page
    typed = [pair for pair in begun.fields if pair[0] != "consent.version"]
    whole = filled(bytes(page.body).decode(), FORM, typed, faults)
    return HTMLResponse(whole, status)


def _begun(ctx: Context, person: LoggedIn, draft_id: str) -> Begun | str:
    """What a draft's address leads to; the number of its case where it is registered."""
    if not draft_id:
        return Begun(secrets.token_hex(16))
    with ctx.database.read() as session:
        row = session.get(DraftRow, draft_id)
        answer = kept_answer(session, person.username, draft_id)
        if row is not None and row.case_no is not None and row.unit_id in person.reach.units:
            return row.case_no
        if answer is not None:
            return str(answer["caseNo"])
        if row is None:
            return Begun(draft_id)
        if row.unit_id not in person.reach.units:
            return Begun(secrets.token_hex(16))
        if row.owner != person.username:
            told = f"这份草稿现在由 {row.owner} 填写，可以在下面的草稿中接手。"
            return Begun(secrets.token_hex(16), notice=told)
        return Begun(draft_id, row.version, fields_of(ctx.sealer, row))


def age(moment: str, now: datetime) -> str:
    """How long ago, in words: 刚刚, 12 分钟前, 3 小时前, 2 天前; `moment`: ISO 8601."""
    minutes = int((now - datetime.fromisoformat(moment)).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    return f"{minutes // 60} 小时前" if minutes < 24 * 60 else f"{minutes // (24 * 60)} 天前"
