"""The law's clocks of one handling as its officer sees them (时限): running, paused, kept, missed, not begun."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.clocks import Where, days_left, rule_of
from domain.messages import DeadlineKind, ItemBrief
from domain.terms import CaseStatus, Scheme
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from web.foundation.context import Context
from web.views.wording import DEADLINES

_K = DeadlineKind
_ALWAYS: Final = (_K.ACCEPTANCE, _K.DECISION_PROMISED, _K.DECISION_STATUTORY)
_WHERE_THERE_IS: Final = (_K.SUPPLEMENT_REPLY, _K.SUSPENSION, _K.WITHDRAWAL, _K.RESULT_DELIVERY)
_TO_DECIDE: Final = (_K.DECISION_PROMISED, _K.DECISION_STATUTORY)
_NAMES: Final = DEADLINES | {
    _K.ACCEPTANCE: "受理期限",
    _K.DECISION_PROMISED: "承诺时限",
    _K.DECISION_STATUTORY: "法定时限",
    _K.SUSPENSION: "特别程序",
}


def clocks_shown(session: Session, ctx: Context, case: CaseRow, handling: HandlingRow) -> list[dict[str, Any]]:
    """`[{label, state, tone, at, workdaysLeft, basis}]`: `at` only of what runs; `state`: what to say of the others."""
    own = select(DeadlineRow).filter_by(case_no=case.case_no, handling_no=handling.handling_no)
    newest = {DeadlineKind(row.kind): row for row in session.scalars(own.order_by(DeadlineRow.id))}
    item = ItemBrief.model_validate(case.start["item"])
    where = Where(scheme=Scheme(handling.scheme), region=handling.region)
    kinds = [*_ALWAYS, *(kind for kind in _WHERE_THERE_IS if kind in newest)]
    return [
        {
            "kind": kind,
            "label": _NAMES[kind],
            "basis": rule_of(kind, item, where).basis,
            **(_told(ctx, case, handling, newest[kind]) if kind in newest else _not_begun(kind, item, handling)),
        }
        for kind in kinds
    ]


def _not_begun(kind: DeadlineKind, item: ItemBrief, handling: HandlingRow) -> dict[str, Any]:
    days = {_K.DECISION_PROMISED: item.promised_days, _K.DECISION_STATUTORY: item.statutory_days}.get(kind)
    if handling.decision is not None:
        return _words("没有计算", "plain")
    if kind in _TO_DECIDE:
        return _words(f"受理后起算，{days} 个工作日" if days else "受理后当场办结", "plain")
    return _words("收到后起算", "plain")


def _told(ctx: Context, case: CaseRow, handling: HandlingRow, row: DeadlineRow) -> dict[str, Any]:
    if row.stopped_at is None:
        left = days_left(row.due_at, ctx.now(), ctx.calendar) if case.time_scale == 1 else None
        told = "暂定，待放假安排公布" if row.provisional else ""
        return {"state": told, "tone": "plain", "at": row.due_at.isoformat(), "workdaysLeft": left}
    if DeadlineKind(row.kind) in _TO_DECIDE and handling.status == CaseStatus.SUSPENDED:
        return _words("暂停：特别程序期间不计时限", "soon")
    if DeadlineKind(row.kind) in (*_TO_DECIDE, _K.ACCEPTANCE) and handling.status == CaseStatus.SUPPLEMENT_REQUIRED:
        return _words("停止：等申请人补正，补齐后重新计算", "soon")
    return _words("超期后才办", "late") if row.stopped_at > row.due_at else _words("期限内已办", "done")


def _words(state: str, tone: str) -> dict[str, Any]:
    return {"state": state, "tone": tone, "at": None, "workdaysLeft": None}


def running_first(clocks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Of `clocks_shown` the running one that ends soonest; None: none runs."""
    return min((clock for clock in clocks if clock["at"]), key=lambda clock: str(clock["at"]), default=None)
