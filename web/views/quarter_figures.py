"""The reply's own figures for a quarter (季度数据), each explained down to case numbers.

Counted are the cases registered within the quarter, by the hall's clock; a case that is still open counts where its
part is already known. Shares are of 1, None where there is nothing to share.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import NamedTuple

from catalog.workdays import SHANGHAI
from domain.errors import BadInput
from domain.model import Frozen
from domain.terms import ItemKind, Mode, Scheme
from logistics.promise_model import PromiseVerdict
from logistics.promise_report import KEPT
from web.answers.dashboards import FigureName


class Period(Frozen):
    """A quarter, `[start, end)`, both midnight by the hall's clock; `name` as `2026Q4`."""

    name: str
    start: datetime
    end: datetime


class CaseFigures(NamedTuple):
    """What one case brings to the figures. Days are working days."""

    case_no: str
    schemes: frozenset[Scheme]
    mode: Mode
    kind: ItemKind
    statutory_days: int
    promised_days: int
    used_days: float | None = None  # acceptance → decision; None: not decided by an authority
    on_time: bool | None = None  # decided within the promised limit; None: no such clock has ended
    trips_before: int | None = None  # to the authority's place, without this service; None: not closed
    trips_made: int | None = None  # to any hall of ours
    score: int | None = None
    side: str | None = None
    rework: str | None = None
    time_scale: float = 1.0


class DoorFigures(NamedTuple):
    """One door leg's promise."""

    case_no: str
    verdict: PromiseVerdict


class Part(NamedTuple):
    """Some of the cases behind a figure, and what they bring to it."""

    label: str
    value: float
    cases: tuple[str, ...]


class Figure(Frozen):
    """One figure. `value`: in `unit`, None where there is nothing to say. `of`: how many it rests on.

    `method`: how it is worked out, in one sentence.
    """

    name: FigureName
    label: str
    value: float | None
    unit: str
    of: int
    method: str
    parts: tuple[Part, ...]


def quarter(name: str) -> Period:
    """`2026Q4` → its bounds by the hall's clock.

    Raises:
        BadInput: another form (`PERIOD`).
    """
    found = re.fullmatch(r"(20[0-9]{2})Q([1-4])", name)
    if found is None:
        raise BadInput("统计期间应为年份加季度，例如2026Q4。", code="PERIOD", field="period")
    year, first = int(found[1]), 3 * int(found[2]) - 2
    after = date(year + 1, 1, 1) if first == 10 else date(year, first + 3, 1)
    start, end = (datetime.combine(day, time(), SHANGHAI) for day in (date(year, first, 1), after))
    return Period(name=name, start=start, end=end)


def figures_of(cases: Iterable[CaseFigures], doors: Iterable[DoorFigures]) -> tuple[Figure, ...]:
    """All figures of a period in the order of the report. Pure."""
    counted = sorted(cases, key=lambda case: case.case_no)
    return (
        _cases(counted),
        _share(
            counted, FigureName.ONLINE_SHARE, "全程网办率", lambda c: c.mode is Mode.ONLINE, "全程网办的办件占全部办件"
        ),
        _time_saved(counted),
        _compression(counted),
        _share(
            [c for c in counted if c.on_time is not None],
            FigureName.ON_TIME_SHARE,
            "按时办结率",
            lambda c: bool(c.on_time),
            "承诺时限内作出决定的占已到期或已决定的办件",
        ),
        _share(
            counted,
            FigureName.IMMEDIATE_SHARE,
            "即办件比例",
            lambda c: c.kind is ItemKind.IMMEDIATE,
            "即办件占全部办件",
        ),
        _trips(counted),
        _trips_saved(counted),
        _satisfaction(counted),
        _rework(counted),
        _one_hour(sorted(doors, key=lambda door: door.case_no)),
    )


def _cases(cases: list[CaseFigures]) -> Figure:
    parts = [_part(scheme.label, [c for c in cases if scheme in c.schemes]) for scheme in Scheme]
    method = "本季度登记的办件；多地联办跨两个网络的，在两个网络下各列一次"
    return Figure(name=FigureName.CASES, label="办件量", value=len(cases), unit="件", of=len(cases), method=method,
                  parts=tuple(parts))  # fmt: skip


def _share(
    cases: list[CaseFigures], name: FigureName, label: str, fits: Callable[[CaseFigures], bool], method: str
) -> Figure:
    yes, no = _parted(cases, fits)
    value = len(yes) / len(cases) if cases else None
    parts = (_part("是", yes), _part("否", no))
    return Figure(name=name, label=label, value=_rounded(value), unit="比例", of=len(cases), method=method, parts=parts)


def _time_saved(cases: list[CaseFigures]) -> Figure:
    decided = [c for c in cases if c.used_days is not None]
    parts = [
        Part(
            label=f"法定{c.statutory_days}，用时{c.used_days:g}",
            value=round(c.statutory_days - (c.used_days or 0), 2),
            cases=(c.case_no,),
        )
        for c in decided
    ]
    total = sum(part.value for part in parts)
    method = "法定时限减去受理到决定实际用的工作日，逐件相加；特别程序期间不计"
    return Figure(name=FigureName.TIME_SAVED, label="节省时间", value=round(total, 2) if parts else None, unit="工作日",
                  of=len(decided), method=method, parts=tuple(parts))  # fmt: skip


def _compression(cases: list[CaseFigures]) -> Figure:
    limited = [c for c in cases if c.statutory_days > 0]
    legal, promised = sum(c.statutory_days for c in limited), sum(c.promised_days for c in limited)
    value = 1 - promised / legal if legal else None
    shorter, equal = _parted(limited, lambda c: c.promised_days < c.statutory_days)
    parts = (_part("承诺短于法定", shorter), _part("承诺等于法定", equal))
    method = "1减去承诺时限之和除以法定时限之和；法定时限为零的不计"
    return Figure(name=FigureName.TIME_COMPRESSION, label="时限压缩比", value=_rounded(value), unit="比例",
                  of=len(limited), method=method, parts=parts)  # fmt: skip


def _trips(cases: list[CaseFigures]) -> Figure:
    closed = [c for c in cases if c.trips_made is not None]
    counts = sorted({c.trips_made or 0 for c in closed})
    parts = tuple(_part(f"{n}次", [c for c in closed if c.trips_made == n]) for n in counts)
    value = sum(c.trips_made or 0 for c in closed) / len(closed) if closed else None
    method = "办完的办件到大厅或代办点的平均次数：现场递交一次，大厅领取一次；上门取送和网上申请为零"
    return Figure(name=FigureName.MEAN_TRIPS, label="平均跑动次数", value=_rounded(value), unit="次", of=len(closed),
                  method=method, parts=parts)  # fmt: skip


def _trips_saved(cases: list[CaseFigures]) -> Figure:
    closed = [c for c in cases if c.trips_made is not None and c.trips_before is not None]
    saved = {c.case_no: (c.trips_before or 0) - (c.trips_made or 0) for c in closed}
    parts = tuple(
        Part(label=f"少跑{n}次", value=n * len(same), cases=tuple(same))
        for n in sorted(set(saved.values()))
        if (same := [case_no for case_no, value in saved.items() if value == n])
    )
    method = "不通办时到每个办理地递交一次、结果为纸质的再领取一次，减去实际跑动次数；只计办完的办件"
    return Figure(name=FigureName.TRIPS_SAVED, label="少跑次数", value=sum(saved.values()) if closed else None,
                  unit="次", of=len(closed), method=method, parts=parts)  # fmt: skip


_SATISFIED_FROM = 3
_SIDES = {"window": "收件窗口", "authority": "办理地", "post": "邮政"}


def _satisfaction(cases: list[CaseFigures]) -> Figure:
    rated = [c for c in cases if c.score is not None and c.rework != "unfounded"]
    good, poor = _parted(rated, lambda c: (c.score or 0) >= _SATISFIED_FROM)
    bad = [_part(f"差评：{words}", [c for c in poor if c.side == side]) for side, words in _SIDES.items()]
    value = len(good) / len(rated) if rated else None
    method = "评价为基本满意及以上的占全部评价；经核实不属实的差评不计"
    return Figure(name=FigureName.SATISFACTION, label="满意度", value=_rounded(value), unit="比例", of=len(rated),
                  method=method, parts=(_part("满意", good), *bad))  # fmt: skip


def _rework(cases: list[CaseFigures]) -> Figure:
    bad = [c for c in cases if c.score is not None and c.score < _SATISFIED_FROM]
    done, doing = _parted(bad, lambda c: c.rework is not None)
    value = len(done) / len(bad) if bad else None
    parts = (_part("已整改或说明", done), _part("整改中", doing))
    return Figure(name=FigureName.REWORK, label="差评整改率", value=_rounded(value), unit="比例", of=len(bad),
                  method="已整改、已说明或经核实不属实的占全部差评", parts=parts)  # fmt: skip


def _one_hour(doors: list[DoorFigures]) -> Figure:
    kept = [door.case_no for door in doors if door.verdict in KEPT]
    broken = [door.case_no for door in doors if door.verdict is PromiseVerdict.BREACHED]
    judged = len(kept) + len(broken)
    parts = [Part(label, len(cases), tuple(cases)) for label, cases in (("做到", kept), ("超时", broken))]
    return Figure(name=FigureName.ONE_HOUR, label="一小时上门履约率", unit="比例", of=judged,
                  value=_rounded(len(kept) / judged if judged else None),
                  method="本季度下单、已有结论的上门取送中按承诺到门的；取消和未结论的不计",
                  parts=tuple(parts))  # fmt: skip


def _parted(
    cases: list[CaseFigures], fits: Callable[[CaseFigures], bool]
) -> tuple[list[CaseFigures], list[CaseFigures]]:
    """Those that fit, and the others."""
    yes: list[CaseFigures] = []
    no: list[CaseFigures] = []
    for case in cases:
        (yes if fits(case) else no).append(case)
    return yes, no


def _part(label: str, cases: list[CaseFigures]) -> Part:
    return Part(label, len(cases), tuple([case.case_no for case in cases]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
