"""`/reports/{period}`: the quarter's figures as JSON or XLSX, explained down to case numbers (supervisors)."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from catalog.long_workbook import Block, Sheet, stream_workbook
from web.answers.bodies import file_of
from web.answers.dashboards import QuarterReport
from web.foundation.context import Context, Ctx
from web.security.session import DistrictOverseer
from web.views.quarter_facts import case_figures, door_figures
from web.views.quarter_figures import Figure, Period, figures_of, quarter

router = APIRouter(prefix="/api/v1/reports", tags=["督办"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


_WORKBOOK: dict[int | str, dict[str, Any]] = {200: file_of(XLSX)}


@router.get("/{period}", operation_id="getReport", response_model=QuarterReport, responses=_WORKBOOK)
def report(
    period: str,
    _overseer: DistrictOverseer,
    ctx: Ctx,
    format: Literal["json", "xlsx"] = "json",
    explain: Annotated[bool, Query(description="with the case numbers behind each part")] = True,
) -> Response:
    """Cases per network, online share, time and trips saved, satisfaction, one-hour compliance and the KPI measures.

    `period`: a quarter, as `2026Q4`. Refused: 422 PERIOD.
    """
    wanted = quarter(period)
    figures, scaled = _figures(ctx, wanted)
    if format == "xlsx":
        headers = {"Content-Disposition": f'attachment; filename="kuayu-{wanted.name}.xlsx"'}
        return StreamingResponse(_workbook(wanted, figures), media_type=XLSX, headers=headers)
    return StreamingResponse(_json(wanted, figures, scaled, explain), media_type="application/json")


def _figures(ctx: Context, period: Period) -> tuple[tuple[Figure, ...], int]:
    with ctx.database.read_one_moment() as session:
        cases = case_figures(session, period, ctx.calendar, ctx.now())
        doors = door_figures(session, period)
    return figures_of(cases, doors), sum(case.time_scale != 1 for case in cases)


def _json(period: Period, figures: tuple[Figure, ...], scaled: int, explain: bool) -> Iterator[str]:
    """The answer, one figure after the other: each may name every case of the quarter."""
    head = {
        "period": period.name,
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "scaledCases": scaled,
    }
    yield _compact(head)[:-1] + ',"figures":['
    for place, figure in enumerate(figures):
        yield ("," if place else "") + _compact(_shown(figure, explain))
    yield "]}"


def _compact(part: dict[str, Any]) -> str:
    return json.dumps(part, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _shown(figure: Figure, explain: bool) -> dict[str, Any]:
    return {
        "name": figure.name,
        "label": figure.label,
        "value": figure.value,
        "unit": figure.unit,
        "of": figure.of,
        "method": figure.method,
        "parts": [
            {"label": part.label, "value": part.value} | ({"cases": part.cases} if explain else {})
            for part in figure.parts
        ],
    }


def _workbook(period: Period, figures: tuple[Figure, ...]) -> Iterator[bytes]:
    """One sheet with the figures, one with the cases behind each; the same bytes for the same content."""
    head = ("指标", "数值", "单位", "基数", "口径")
    rows = (Block((f.label, _cell(f.value), f.unit, str(f.of)), (f.method,)) for f in figures)
    behind = (
        Block((figure.label, part.label, _cell(part.value)), part.cases or ("",))
        for figure in figures
        for part in figure.parts
    )
    return stream_workbook(
        [Sheet(f"{period.name}指标", head, rows), Sheet("明细", ("指标", "分项", "分项数值", "办件编号"), behind)]
    )


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
