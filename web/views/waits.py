"""How long a case has waited for whom, and for what (等待): a bar per clock and per decision of a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import DeadlineKind, Responsible, TaskOutcome
from domain.tasks import RULES, TaskKind
from domain.terms import Role
from storage.cases.rows import CaseRow, DeadlineRow
from storage.tasks.rows import TaskRow
from web.views.spoken_times import spaced, span
from web.views.wording import RESPONSIBLE, ROLES

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
class Period:
    """Somebody was waited for. `end_at` None: still. `due_at` None: without a limit."""

    start_at: datetime
    end_at: datetime | None
    due_at: datetime | None
    handling_no: str | None
    words: str


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
    clocks = session.scalars(select(DeadlineRow).filter_by(case_no=case.case_no).order_by(DeadlineRow.id))
    tasks = session.scalars(select(TaskRow).filter_by(case_no=case.case_no, leg_id=None).order_by(TaskRow.opened_at))
    periods = [*map(_of_clock, _told_once(clocks)), *(_of_task(task) for task in tasks if decides(task.kind))]
    return bars(periods, case.closed_at or now, _WORTH_A_BAR_S if case.time_scale == 1 else _WORTH_A_BAR_SCALED_S)


def bars(periods: Sequence[Period], now: datetime, least_s: float) -> list[Wait]:
    """By their beginning. `least_s`: seconds below which a wait that is over is not drawn."""
    long = [(one, ((one.end_at or now) - one.start_at).total_seconds()) for one in periods]
    seen = [(one, s) for one, s in long if s >= least_s or (one.end_at is None and s > 0)]
    longest = max((seconds for _, seconds in seen), default=1.0) or 1.0
    return [
        Wait(
            start_at=one.start_at,
            handling_no=one.handling_no,
            words=spaced(f"{one.words}{'，已' if one.end_at is None else ' '}{span(seconds)}"),
            share=max(round(100 * seconds / longest), 2),
            late=one.due_at is not None and (one.end_at or now) > one.due_at,
        )
        for one, seconds in sorted(seen, key=lambda pair: pair[0].start_at)
    ]


def decides(kind: str) -> bool:
    """Whether a task asks for a decision and not only to be seen."""
    return any(outcome is not TaskOutcome.ACKNOWLEDGE for outcome in RULES[TaskKind(kind)][2])


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


def _of_clock(clock: DeadlineRow) -> Period:
    words = f"等{RESPONSIBLE[Responsible(clock.responsible)]}{_FOR[DeadlineKind(clock.kind)]}"
    return Period(clock.start_at, clock.stopped_at, clock.due_at, clock.handling_no, words)


def _of_task(task: TaskRow) -> Period:
    title = RULES[TaskKind(task.kind)][0].split("，")[0]
    words = f"等{ROLES[Role(task.owner)]}决定：{title}"
    return Period(task.opened_at, task.resolved_at, task.deadline_at, task.handling_no, words)
