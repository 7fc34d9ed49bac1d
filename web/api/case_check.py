"""`/cases:check`: what registration would say of a case that is being typed; `/cases:notice`: the same on paper."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import JsonValue, RootModel

from catalog.model import ServiceItem
from papers import GapNotice, notice, render
from storage.people.users import LoggedIn
from web.answers.case_check import CaseCheck
from web.api.collecting import Collected, Found, collect
from web.api.judging import Section
from web.api.summaries import summary_of
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.security.session import Clerk
from web.views.papers import item_facts

router = APIRouter(prefix="/api/v1", tags=["办件"])


class UnfinishedCase(RootModel[dict[str, JsonValue]]):
    """The body of `POST /cases` as far as it is known; what is not known yet is left out."""


_TOLD = (Section.PLACES, Section.APPLICANT, Section.FORM, Section.MATERIALS)
"""What an applicant can put right; the rest is the window's to do."""


@router.post("/cases:check", operation_id="checkCase", response_model=CaseCheck)
def check_case(given: UnfinishedCase, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """What `POST /cases` would say, section by section, of a body that need not be whole. Changes nothing.

    By the same steps as registration: `ready` is true exactly when it would not refuse.
    """
    with ctx.database.read() as session:
        found = collect(session, ctx, given.root, clerk)
        return {
            "ready": found.ready,
            "sections": [_section(found, section, summary_of(found, section)) for section in Section],
            "result": summary_of(found, "result"),
            "fee": summary_of(found, "fee"),
            "cases": found.same,
        }


@router.post(
    "/cases:notice",
    operation_id="printGaps",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "PDF"}},
)
def gap_notice(given: UnfinishedCase, clerk: Clerk, ctx: Ctx) -> Response:
    """一次性告知书 as PDF of all that lacks for this matter and person, without registering. Changes nothing.

    Refused: 422 ITEM_UNKNOWN, NOTHING_MISSING.
    """
    return gap_pdf(ctx, given.root, clerk)


def gap_pdf(ctx: Context, given: Mapping[str, Any], by: LoggedIn) -> Response:
    """The notice as PDF; `given`: the body of `POST /cases` so far.

    Raises:
        Unprocessable: no item (`ITEM_UNKNOWN`), nothing lacks (`NOTHING_MISSING`).
    """
    with ctx.database.read() as session:
        found = collect(session, ctx, given, by)
    item: ServiceItem | None = getattr(found.case, "asked", None) or getattr(found.case, "item", None)
    if item is None:
        raise Unprocessable("请先选择事项", code="ITEM_UNKNOWN", field="itemCode")
    sentences = [each.detail.rstrip("。") + "。" for each in found.faults if each.section in _TOLD and each.on_paper]
    if not sentences:
        raise Unprocessable("没有需要补齐的内容，不需要告知书", code="NOTHING_MISSING", field="materials")
    told = GapNotice(
        item=item_facts(item.snapshot(ctx.catalogue.version)),
        applicant=found.name,
        sentences=tuple(f"{place}. {sentence}" for place, sentence in enumerate(sentences, start=1)),
        told_at=ctx.now(),
    )
    headers = {"Content-Disposition": 'inline; filename="notice.pdf"', "Cache-Control": "no-store"}
    return Response(render(notice(told)), media_type="application/pdf", headers=headers)


def _section(found: Collected, section: Section, said: str) -> dict[str, Any]:
    faults = [each for each in found.faults if each.section is section]
    return {
        "section": section,
        "state": found.state(section),
        "said": said,
        "faults": [_fault(each) for each in faults],
    }


def _fault(fault: Found) -> dict[str, Any]:
    return {"field": fault.field, "detail": fault.detail, "lacks": fault.lacks, "seq": fault.seq}
