"""The running clocks of a case as people read them (时限): how long is left, and who must act now (当前责任方)."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.clocks import days_left
from domain.messages import DeadlineKind, Responsible
from domain.tasks import TaskKind
from domain.terms import Role
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow
from web.foundation.context import Context
from web.views.wording import DEADLINES, RESPONSIBLE, ROLES


def running_clocks(session: Session, case: CaseRow) -> list[DeadlineRow]:
    """The clocks of a case that have not stopped, what ends soonest first."""
    clocks = select(DeadlineRow).filter_by(case_no=case.case_no, stopped_at=None)
    return list(session.scalars(clocks.order_by(DeadlineRow.due_at, DeadlineRow.id)))


def clock_shown(
    row: DeadlineRow, case: CaseRow, ctx: Context, places: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """One clock as JSON; `places`: as of `web.views.places`.

    `workdaysLeft` is negative when it is over, None where business time runs faster.
    """
    return {
        "kind": row.kind,
        "label": DEADLINES[DeadlineKind(row.kind)],
        "handlingNo": row.handling_no,
        "place": places.get(row.handling_no or ""),
        "startAt": row.start_at.isoformat(),
        "warnAt": row.warn_at.isoformat(),
        "dueAt": row.due_at.isoformat(),
        "workdaysLeft": days_left(row.due_at, ctx.now(), ctx.calendar) if case.time_scale == 1 else None,
        "overdue": ctx.now() > row.due_at,
        "responsible": row.responsible,
        "responsibleLabel": RESPONSIBLE[Responsible(row.responsible)],
        "provisional": row.provisional,
        "calendarVersion": row.calendar_version,
    }


def responsible_now(
    case: CaseRow, clocks: list[DeadlineRow], ctx: Context, places: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any] | None:
    """Who must act, for what and until when (当前责任方); `clocks` as of `running_clocks`.

    The party of the clock that ends soonest, an authority of a joint case by its place (`places`); the supervisor
    while on hold; None if closed, or where none runs.
    """
    if case.closed_at is not None:
        return None
    if case.on_hold:
        who = {"party": Role.SUPERVISOR, "label": ROLES[Role.SUPERVISOR]}
        return who | {"for": "核实情况", "until": None, "overdue": False}
    if not clocks:
        return None
    soonest = clock_shown(clocks[0], case, ctx, places)
    named = soonest["place"] if soonest["responsible"] == Responsible.AUTHORITY else None
    return {
        "party": soonest["responsible"],
        "label": named or soonest["responsibleLabel"],
        "for": soonest["label"],
        "until": soonest["dueAt"],
        "overdue": soonest["overdue"],
    }


def deemed_accepted_from(session: Session, handling: HandlingRow) -> datetime | None:
    """The day of receipt, where silence has made the law accept it (逾期未告知视为受理); None where it has not."""
    own = {"case_no": handling.case_no, "handling_no": handling.handling_no}  # a case's number leads to its rows
    said = select(CaseEventRow.id).filter_by(**own, kind=TaskKind.DEEMED_ACCEPTED)
    if session.scalar(said.limit(1)) is None:
        return None
    clock = select(DeadlineRow.start_at).filter_by(**own, kind=DeadlineKind.DECISION_STATUTORY)
    return session.scalar(clock.order_by(DeadlineRow.id.desc()).limit(1))
