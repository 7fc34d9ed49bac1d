"""`/reports/{period}`: the quarter's figures as JSON or XLSX, explained down to case numbers (supervisors)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from catalog.tables import Table
from catalog.workbook import write_workbook
from web.context import Context, Ctx
from web.report_facts import case_figures, door_figures
from web.reporting import Figure, Period, figures_of, quarter
from web.session import Watcher

router = APIRouter(prefix="/api/v1/reports", tags=["督办"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/{period}", operation_id="getReport")
def report(
    period: str,
    _watcher: Watcher,
    ctx: Ctx,
    format: Literal["json", "xlsx"] = "json",
    explain: Annotated[bool, Query(description="with the case numbers behind each part")] = True,
) -> Response:
    """Cases per network, online share, time and trips saved, satisfaction, one-hour compliance and the KPI measures."""
    wanted = quarter(period)
    figures, scaled = _figures(ctx, wanted)
    if format == "xlsx":
        headers = {"Content-Disposition": f'attachment; filename="kuayu-{wanted.name}.xlsx"'}
        return Response(_workbook(wanted, figures), media_type=XLSX, headers=headers)
    return JSONResponse(_json(wanted, figures, scaled, explain))


def _figures(ctx: Context, period: Period) -> tuple[tuple[Figure, ...], int]:
    with ctx.database.read() as session:
        cases = case_figures(session, period, ctx.calendar, ctx.now())
        doors = door_figures(session, period)
    return figures_of(cases, doors), sum(case.time_scale != 1 for case in cases)


def _json(period: Period, figures: tuple[Figure, ...], scaled: int, explain: bool) -> dict[str, Any]:
    return {
        "period": period.name,
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "scaledCases": scaled,
        "figures": [
            {
                "name": figure.name,
                "label": figure.label,
                "value": figure.value,
                "unit": figure.unit,
                "of": figure.of,
                "method": figure.method,
                "parts": [
                    {"label": part.label, "value": part.value} | ({"cases": list(part.cases)} if explain else {})
                    for part in figure.parts
                ],
            }
            for figure in figures
        ],
    }


def _workbook(period: Period, figures: tuple[Figure, ...]) -> bytes:
    """One sheet with the figures, one with the cases behind each; the same bytes for the same content."""
    head = ("指标", "数值", "单位", "基数", "口径")
    rows = tuple((f.label, _cell(f.value), f.unit, str(f.of), f.method) for f in figures)
    behind = tuple(
        (figure.label, part.label, _cell(part.value), case_no)
        for figure in figures
        for part in figure.parts
        for case_no in (part.cases or ("",))
    )
    return write_workbook(
        [
            Table(file=f"{period.name}指标", header=head, rows=rows),
            Table(file="明细", header=("指标", "分项", "分项数值", "办件编号"), rows=behind),
        ]
    )


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
