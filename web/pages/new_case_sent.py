"""A new case sent as a plain form (没有脚本也能登记), and the one-time notice of what lacks: by the same checks."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from catalog import regions
from domain.errors import BadInput
from storage.cases.drafts import Fields
from storage.people.users import LoggedIn
from web.api.case_check import gap_pdf
from web.api.cases import started
from web.api.collecting import collect
from web.foundation.context import Context, Ctx
from web.foundation.problems import status_of
from web.foundation.request_schemas import CaseRequest
from web.pages.filling import body_of, form_on, place_of
from web.pages.new_case import FORM, Begun, shown
from web.pages.rendering import refused
from web.pages.visitors import WindowVisitor

router = APIRouter(include_in_schema=False)

_MAX_BYTES = 256 * 1024
_MOST_FIELDS = 2000


class Sent(NamedTuple):
    """A form as it was sent. `unsure`: (field, sentence) of what was typed in words and has to be looked at first."""

    draft_id: str
    fields: Fields
    unsure: tuple[tuple[str, str], ...]
    looks: bool

    @property
    def told(self) -> dict[str, str]:
        """The last value of each field."""
        return dict(self.fields)


@router.post("/window/new")
async def post_case(request: Request, person: WindowVisitor, ctx: Ctx) -> Response:
    """Register the case and go on to its receipt, or the page again: what is wrong on top, everything typed kept."""
    sent = await _sent(request, ctx)
    if sent is None:
        return refused(ctx, person, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "内容过大", "/window/new", "重新填写")
    return await asyncio.to_thread(_posted, ctx, person, sent)


@router.post("/window/new/notice")
async def print_gaps(request: Request, person: WindowVisitor, ctx: Ctx) -> Response:
    """一次性告知书 of everything that lacks, without registering anything."""
    sent = await _sent(request, ctx)
    if sent is None:
        return refused(ctx, person, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "内容过大", "/window/new", "重新填写")
    return await asyncio.to_thread(_notice, ctx, person, sent)


def _notice(ctx: Context, person: LoggedIn, sent: Sent) -> Response:
    try:
        return gap_pdf(ctx, body_of(_page(ctx, person, sent), FORM), person)
    except BadInput as fault:
        back = f"/window/new?draft={sent.draft_id}"
        return refused(ctx, person, status_of(fault), fault.sentence, back, "回到办件")


def _posted(ctx: Context, person: LoggedIn, sent: Sent) -> Response:
    body = body_of(_page(ctx, person, sent), FORM)
    with ctx.database.read() as session:
        found = collect(session, ctx, body, person)
    faults = [*sent.unsure, *((each.field, each.detail) for each in found.faults)]
    if sent.looks:
        return _again(ctx, person, sent, sent.unsure, status=HTTPStatus.OK)
    if faults:
        return _again(ctx, person, sent, faults, same=found.same)
    try:
        answer = started(ctx, CaseRequest.model_validate(body), person, sent.draft_id)
    except (BadInput, ValidationError) as fault:  # something has changed since the check
        told = fault.sentence if isinstance(fault, BadInput) else "有内容未填对，请按提示修改"
        return _again(ctx, person, sent, [("", told)])
    return RedirectResponse(f"/window/{answer['caseNo']}/done", 303)


def _page(ctx: Context, person: LoggedIn, sent: Sent, faults: Sequence[tuple[str, str]] = (), **more: Any) -> str:
    told = sent.told
    page = shown(
        ctx,
        person,
        Begun(sent.draft_id, 0, sent.fields),
        item=told.get("itemCode", ""),
        situation=told.get("form.answers.situation", ""),
        faults=faults,
        **more,
    )
    return bytes(page.body).decode()


def _again(
    ctx: Context,
    person: LoggedIn,
    sent: Sent,
    faults: Sequence[tuple[str, str]],
    *,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
    same: Sequence[dict[str, Any]] = (),
) -> Response:
    """The page with a link to each field and the same sentence beside it."""
    form = form_on(_page(ctx, person, sent, same=same), FORM)
    places = [(place_of(form, field), sentence) for field, sentence in faults]
    told = sent.told
    return shown(
        ctx,
        person,
        Begun(sent.draft_id, 0, sent.fields),
        item=told.get("itemCode", ""),
        situation=told.get("form.answers.situation", ""),
        status=status,
        faults=places,
        same=same,
    )


async def _sent(request: Request, ctx: Context) -> Sent | None:
    """What was sent, canonical; None where it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BYTES:
            return None
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return await asyncio.to_thread(_read, ctx, pairs)


def _read(ctx: Context, pairs: Fields) -> Sent:
    told = dict(pairs)
    seqs = {name.removesuffix(".seq"): value for name, value in pairs if name.endswith(".seq")}
    fields = [
        (_stable(name, seqs), value) for name, value in pairs if value and name not in ("draft", "look", "notice")
    ]
    unsure: list[tuple[str, str]] = []
    fields = _with_item(ctx, fields, unsure)
    fields = _with_regions(fields, unsure)
    return Sent(told.get("draft", ""), fields, tuple(unsure), looks="look" in told)


def _stable(name: str, seqs: dict[str, str]) -> str:
    """A material by its number in the list: scripts call it by its place in what is sent."""
    prefix = ".".join(name.split(".")[:2])
    return f"materials.s{seqs[prefix]}{name.removeprefix(prefix)}" if prefix in seqs else name


def _with_item(ctx: Context, fields: Fields, unsure: list[tuple[str, str]]) -> Fields:
    """An item that was typed in words, as its code; the best hit has to be looked at first."""
    told = dict(fields)
    text, code = told.get("text.itemCode", "").strip(), told.get("itemCode", "")
    known = ctx.catalogue.get(code) if code else None
    if not text or (known is not None and known.name == text):
        return fields
    hits = ctx.search.find(text)
    if not hits:
        return [pair for pair in fields if pair[0] != "itemCode"]
    if hits[0].name != text and hits[0].code != text:
        unsure.append(("itemCode", f"请核对事项：是不是“{hits[0].name}”？"))
    rest = [pair for pair in fields if pair[0] not in ("itemCode", "text.itemCode")]
    return [*rest, ("itemCode", hits[0].code), ("text.itemCode", hits[0].name)]


def _with_regions(fields: Fields, unsure: list[tuple[str, str]]) -> Fields:
    """Regions that were typed in words, as their codes."""
    told = dict(fields)
    for name, text in list(told.items()):
        field = name.removeprefix("text.")
        if field == name or field == "itemCode" or not text.strip():
            continue
        known = regions.find(told.get(field, ""))
        if known is not None and known.full_name == text:
            continue
        hits = regions.search(text.strip())
        told.pop(field, None)
        if hits:
            told[field], told[name] = hits[0].code, hits[0].full_name
            if text.strip() not in (hits[0].full_name, hits[0].code):
                unsure.append((field, f"请核对地区：是不是“{hits[0].full_name}”？"))
    kept = [(name, told[name]) for name, _value in fields if name in told]
    return kept + [(name, value) for name, value in told.items() if name not in dict(fields)]
