"""How long a case has waited for whom, and for what (等待): one bar per clock, running or stopped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import DeadlineKind, Responsible
from storage.cases.rows import CaseRow, DeadlineRow
from web.views.spoken_times import spaced, span
from web.views.wording import RESPONSIBLE

_D = DeadlineKind
_FOR: Final[Mapping[DeadlineKind, str]] = {
    _D.POSTING: "转寄材料",
    _D.ACCEPTANCE: "受理",
    _D.SUPPLEMENT_REPLY: "补正材料",
    _D.DECISION_PROMISED: "办结",
    _D.DECISION_STATUTORY: "办结",
    _D.RESULT_DELIVERY: "送达结果",
    _D.INTERREGIONAL_LEG: "送达邮件",
    _D.WITHDRAWAL: "答复撤回",
    _D.COLLECTION: "到大厅领取",
    _D.DEFERRED_MATERIAL: "补交容缺材料",
    _D.SUSPENSION: "完成特别程序",
    _D.RATING_REWORK: "整改差评",
    _D.COMPENSATION: "恢复已办成的部分",
    _D.MISSING_PAPER: "补来缺的材料",
}
_TOGETHER: Final = timedelta(minutes=1)
_WORTH_A_BAR_S: Final = 3_600.0
_WORTH_A_BAR_SCALED_S: Final = 60.0


@dataclass(frozen=True)
class Wait:
    """`words`: 等申请人补正材料 2 天. `share`: of the case's longest wait, 2 to 100 percent. `late`: past its end."""

    start_at: datetime
    handling_no: str | None
    words: str
    share: int
    late: bool


def waits_of(session: Session, case: CaseRow, now: datetime) -> list[Wait]:
    """Every waiting period of a case that is long enough to be seen, by its beginning."""
    rows = session.scalars(select(DeadlineRow).filter_by(case_no=case.case_no).order_by(DeadlineRow.id))
    least = _WORTH_A_BAR_S if case.time_scale == 1 else _WORTH_A_BAR_SCALED_S
    return bars(_told_once(rows), case.closed_at or now, least)


def bars(clocks: Sequence[DeadlineRow], now: datetime, least_s: float) -> list[Wait]:
    """`clocks`: each wait once. `least_s`: seconds below which a wait that is over is not drawn."""
    lengths = {clock.id: ((clock.stopped_at or now) - clock.start_at).total_seconds() for clock in clocks}
    seen = [c for c in clocks if lengths[c.id] >= least_s or (c.stopped_at is None and lengths[c.id] > 0)]
    longest = max((lengths[clock.id] for clock in seen), default=1.0) or 1.0
    return [
        Wait(
            start_at=clock.start_at,
            handling_no=clock.handling_no,
            words=_words(clock, lengths[clock.id]),
            share=max(round(100 * lengths[clock.id] / longest), 2),
            late=(clock.stopped_at or now) > clock.due_at,
        )
        for clock in sorted(seen, key=lambda clock: clock.start_at)
    ]


def _told_once(clocks: Iterable[DeadlineRow]) -> list[DeadlineRow]:
    """Of clocks that begin together and wait for the same, the last that was set; of the two limits the promised."""
    kept: list[DeadlineRow] = []
    for clock in clocks:
        same = next((one for one in kept if _same(one, clock)), None)
        if same is None:
            kept.append(clock)
        elif same.kind == clock.kind or clock.kind == _D.DECISION_PROMISED:
            kept[kept.index(same)] = clock
    return kept


def _same(one: DeadlineRow, other: DeadlineRow) -> bool:
    if one.handling_no != other.handling_no or _FOR[DeadlineKind(one.kind)] != _FOR[DeadlineKind(other.kind)]:
        return False
    return abs(one.start_at - other.start_at) < _TOGETHER


def _words(clock: DeadlineRow, seconds: float) -> str:
    whom, what = RESPONSIBLE[Responsible(clock.responsible)], _FOR[DeadlineKind(clock.kind)]
    so_far = "，已" if clock.stopped_at is None else " "
    return spaced(f"等{whom}{what}{so_far}{span(seconds)}")
