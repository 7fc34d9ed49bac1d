"""The cases behind every number on the supervisor's page, page by page, with the filters in the address."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.measures import MEASURES, Measure, Part
from domain.terms import Leg, Scheme
from storage.cases.case_list import read_cases
from storage.cases.faces import faces_of
from storage.cases.rows import CaseRow
from storage.keyset import Mark, Page, Segment, read_page
from storage.parcels.legs import LegRow
from storage.watching import due_within, promised_legs, waiting_since
from web.api.measures import segments_of, wanted_month
from web.foundation.context import Context, Ctx
from web.foundation.paging import Part as ListPart
from web.foundation.paging import turned
from web.foundation.problems import Unprocessable
from web.pages.rendering import render
from web.pages.visitors import DistrictSupervising
from web.views.case_lines import lines_shown
from web.views.cases import brief
from web.views.promise_board import LABELS, VERDICTS, Standing, day_of
from web.views.risks import end_of_day
from web.views.wording import LEGS

router = APIRouter(include_in_schema=False)

_SIZE = 50
_RISKS = {
    "today": "今天到期的办件",
    "late": "已超期的办件",
    "stuck": "等对方超过一天的办件",
}


@router.get("/supervisor/measures/{measure}")
def behind_measure(
    measure: Measure,
    request: Request,
    person: DistrictSupervising,
    ctx: Ctx,
    month: Annotated[str | None, Query(max_length=7)] = None,
    part: Part | None = None,
    scheme: Annotated[str | None, Query(max_length=16)] = None,
) -> HTMLResponse:
    """The cases behind a measure of a month, or a part of it. Refused: 422 MONTH, PART, CURSOR."""
    wanted, of_scheme = wanted_month(ctx, month), Scheme(scheme) if scheme in set(Scheme) else None
    segments = segments_of(ctx, measure, part, wanted, of_scheme)
    with ctx.database.read() as session:
        cases = _cases(session, ctx, request, segments)
    rule = MEASURES[measure]
    filters = {"month": wanted.name, "part": part, "scheme": of_scheme}
    query = urlencode({name: value for name, value in filters.items() if value})
    return render(
        ctx,
        "supervisor/list.html",
        person,
        title=f"{wanted.label} {rule.label}：{rule.parts[part] if part else '全部'}",
        said=rule.method,
        cases=cases,
        back=f"/supervisor?month={wanted.name}",
        export=f"/api/v1/measures/{measure}/cases?{query}",
        parts=[(each, label) for each, label in rule.parts.items()],
        part=part,
        measure=measure,
        month=wanted,
        scheme=of_scheme,
        schemes=tuple(Scheme),
    )


@router.get("/supervisor/cases")
def risky(
    request: Request, person: DistrictSupervising, ctx: Ctx, risk: Annotated[str, Query(max_length=8)] = "today"
) -> HTMLResponse:
    """The cases behind a number of the first line. Refused: 422 RISK, CURSOR."""
    now = ctx.now()
    known = {
        "today": due_within(now, end_of_day(now)),
        "late": due_within(None, now, latest_first=True),
        "stuck": waiting_since(now - timedelta(hours=24)),
    }
    if risk not in known:
        raise Unprocessable(f"可选的清单是：{'、'.join(_RISKS.values())}", code="RISK", field="risk")
    with ctx.database.read() as session:
        cases = _cases(session, ctx, request, known[risk])
    return render(ctx, "supervisor/list.html", person, title=_RISKS[risk], said="", cases=cases, back="/supervisor",
                  export=None, parts=())  # fmt: skip


@router.get("/supervisor/promises")
def promises(
    request: Request,
    person: DistrictSupervising,
    ctx: Ctx,
    outlet: Annotated[str, Query(max_length=32)],
    standing: Standing,
) -> HTMLResponse:
    """The doors behind a number of the promise board. Refused: 422 CURSOR."""
    segments = promised_legs(outlet, VERDICTS[standing], day_of(ctx.now()))
    with ctx.database.read() as session:
        cases = _legs(session, ctx, request, segments)
    return render(ctx, "supervisor/list.html", person, title=f"今天的上门承诺：{LABELS[standing]}", said="",
                  cases=cases, back="/supervisor#board", export=None, parts=())  # fmt: skip


def _cases(session: Session, ctx: Context, request: Request, segments: tuple[Segment, ...]) -> ListPart:
    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        page = read_cases(session, segments, size=size, after=after)
        return Page(rows=lines_shown(session, ctx, page.rows), next=page.next)

    return turned(session, request, "cases", segments, read, size=_SIZE)


def _legs(session: Session, ctx: Context, request: Request, segments: tuple[Segment, ...]) -> ListPart:
    columns = (LegRow.case_no, LegRow.leg, LegRow.courier_id, LegRow.deadline_at, LegRow.arrived_at)

    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        page = read_page(session, select(*columns), segments, size=size, after=after)
        named = {row.case_no for row in page.rows}
        cases = session.scalars(select(CaseRow).where(CaseRow.case_no.in_(named)))
        faces = faces_of(session, ctx.sealer, sorted(named))
        known = {case.case_no: brief(case) | {"who": faces.get(case.case_no, "")} for case in cases}
        return Page(rows=[_door(row, known) for row in page.rows if row.case_no in known], next=page.next)

    return turned(session, request, "cases", segments, read, size=_SIZE)


def _door(row: Any, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A line of a case with the door's own place, courier and deadline."""
    return known[row.case_no] | {
        "where": LEGS[Leg(row.leg)],
        "holder": row.courier_id or "",
        "dueAt": row.deadline_at.isoformat() if row.deadline_at and not row.arrived_at else None,
    }
