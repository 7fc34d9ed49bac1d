"""`/measures`: the five measures of a month, each led back to the numbers of its cases (supervisors)."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from catalog.long_workbook import Block, Sheet, stream_workbook
from domain.measures import MEASURES, Measure, Part
from domain.terms import CaseStatus, Scheme
from storage.cases.case_list import CaseLine, read_cases
from storage.cases.rows import CaseRow
from storage.keyset import Mark, Segment, read_page
from storage.measures import behind
from web.answers.bodies import file_of
from web.answers.measures import MeasuredCases, MonthMeasures
from web.api.reports import XLSX
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.problems import Unprocessable
from web.security.session import DistrictOverseer
from web.views.measures import MeasureShown, Month, measures, month_at, month_of

router = APIRouter(prefix="/api/v1/measures", tags=["督办"])

_CSV: Final = "text/csv"
_TABLES: dict[int | str, dict[str, Any]] = {200: file_of(_CSV, XLSX)}
_AT_ONCE: Final = 500
_MONTHS_HEAD: Final = ("指标", "月份", "数值", "单位", "基数", "目标", "口径")
_HEAD: Final = ("办件编号", "事项", "网络", "状态", "登记时间")

MonthName = Annotated[str | None, Query(max_length=7, description="as `2026-11`; this month if there is none")]
PartName = Annotated[Part | None, Query(description="only these of its cases")]


@router.get("", operation_id="getMeasures", response_model=MonthMeasures, responses=_TABLES)
def month_measures(
    _overseer: DistrictOverseer, ctx: Ctx, month: MonthName = None, format: Literal["json", "csv", "xlsx"] = "json"
) -> Any:
    """全程网办率, 时限压缩比, 平均跑动次数, 即办件比例, 按时办结率: value, target, parts and six months.

    Refused: 422 MONTH.
    """
    wanted = wanted_month(ctx, month)
    with ctx.database.read_one_moment() as session:
        shown = measures(session, wanted, ctx.now())
    if format != "json":
        return _download(f"kuayu-{wanted.name}", format, "五项指标", _MONTHS_HEAD, _months(shown))
    return {
        "month": wanted.name,
        "from": wanted.start.isoformat(),
        "to": wanted.end.isoformat(),
        "at": ctx.now().isoformat(),
        "measures": [_json(each) for each in shown],
    }


@router.get("/{measure}/cases", operation_id="listMeasuredCases", response_model=MeasuredCases, responses=_TABLES)
def measured_cases(
    measure: Measure,
    _overseer: DistrictOverseer,
    ctx: Ctx,
    month: MonthName = None,
    part: PartName = None,
    scheme: Scheme | None = None,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=500)] = 200,
    format: Literal["json", "csv", "xlsx"] = "json",
) -> Any:
    """The cases behind a measure of a month, latest first; `csv` and `xlsx` give all of them, without personal data.

    Refused: 422 MONTH, PART, CURSOR.
    """
    wanted = wanted_month(ctx, month)
    segments = segments_of(ctx, measure, part, wanted, scheme)
    if format != "json":
        name = "-".join(("kuayu", wanted.name, measure, *([part] if part else [])))
        rows = (_cells(line) for line in _lines(ctx, segments))
        return _download(name, format, MEASURES[measure].label, _HEAD, rows)
    with ctx.database.read() as session:
        page = read_page(session, select(CaseRow.case_no), segments, size=size, after=mark_of(after))
    return {
        "measure": measure,
        "part": part,
        "month": wanted.name,
        "cases": [row.case_no for row in page.rows],
        "next": token_of(page.next),
    }


def wanted_month(ctx: Context, name: str | None) -> Month:
    """The month of this name, this one without any.

    Raises:
        BadInput: another form (`MONTH`).
    """
    return month_of(name) if name else month_at(ctx.now())


def segments_of(
    ctx: Context, measure: Measure, part: Part | None, month: Month, scheme: Scheme | None
) -> tuple[Segment, ...]:
    """The list of the cases behind a part of a measure.

    Raises:
        Unprocessable: the measure has no such part (`PART`).
    """
    if part is not None and part not in MEASURES[measure].parts:
        options = "、".join(MEASURES[measure].parts)
        raise Unprocessable(f"这个指标可选的分项是：{options}", code="PART", field="part")
    return behind(measure, part, month.start, month.end, ctx.now(), scheme)


def _json(shown: MeasureShown) -> dict[str, Any]:
    return {
        "name": shown.name,
        "label": shown.label,
        "unit": shown.unit,
        "method": shown.method,
        "value": shown.value,
        "of": shown.of,
        "target": {"value": shown.target.value, "source": shown.target.source, "atMost": shown.target.at_most},
        "met": shown.met,
        "parts": [{"part": part.part, "label": part.label, "count": part.count} for part in shown.parts],
        "trend": [{"month": each.month, "value": each.value, "of": each.of} for each in shown.trend],
    }


def _lines(ctx: Context, segments: tuple[Segment, ...]) -> Iterator[CaseLine]:
    """Every line of a list, page by page, each in a read of its own: nobody waits for a long download."""
    after: Mark | None = None
    while True:
        with ctx.database.read() as session:
            page = read_cases(session, segments, size=_AT_ONCE, after=after)
        yield from page.rows
        if page.next is None:
            return
        after = page.next


def _cells(line: CaseLine) -> tuple[str, ...]:
    scheme, status = Scheme(line.scheme).label, CaseStatus(line.status).label
    return line.case_no, line.item_name, scheme, status, line.registered_at.isoformat()


def _months(shown: tuple[MeasureShown, ...]) -> Iterator[tuple[str, ...]]:
    for each in shown:
        for month in each.trend:
            value = "" if month.value is None else f"{month.value:.15g}"
            yield each.label, month.month, value, each.unit, str(month.of), each.target_said, each.method


def _download(
    name: str, format: str, title: str, head: tuple[str, ...], rows: Iterator[tuple[str, ...]]
) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    if format == "csv":
        return StreamingResponse(_csv(head, rows), media_type="text/csv; charset=utf-8", headers=headers)
    blocks = (Block(row[:-1], (row[-1],)) for row in rows)
    return StreamingResponse(stream_workbook([Sheet(title, head, blocks)]), media_type=XLSX, headers=headers)


def _csv(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """With a BOM, so that spreadsheets read it as UTF-8."""
    yield "\ufeff" + ",".join(head) + "\r\n"
    for row in rows:
        yield ",".join(_quoted(cell) for cell in row) + "\r\n"


def _quoted(cell: str) -> str:
    """What would be taken for a formula is told to be text."""
    plain = f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
    return '"' + plain.replace('"', '""') + '"'
