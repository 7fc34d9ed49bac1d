"""A task as people read it: what it is about, by when, where, who must act, what can be done, and what came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from domain.matters import End
from domain.messages import TaskOutcome
from domain.remedies import REMEDIES
from domain.tasks import RULES, TaskKind
from domain.terms import Role
from domain.two_people import TWO_PEOPLE, outcomes_of_two
from parcels.outlets import outlets_now
from runtime.four_eyes import tasks_need_two
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from storage.tasks.proposals import TaskProposalRow, last_proposals
from storage.tasks.rows import TaskLineRow, TaskRow, lines_of
from web.foundation.context import Context
from web.views.joint import undoing_shown
from web.views.task_messages import came
from web.views.task_places import clock_of, place_of, responsible_for
from web.views.wording import SETTLED_BY

_READS_ALL = (Role.SUPERVISOR, Role.AUDITOR)
_LINES_SHOWN = 20
_PLAIN = load_only(CaseRow.case_no, CaseRow.item_name, CaseRow.closed_at, raiseload=True)
"""No list reads a sealed dossier."""


@dataclass
class Around:
    """What the tasks of one page are about, loaded at once.

    By case number, handling number, leg id, case number, task id twice; `outlets`: id → name.
    """

    cases: dict[str, CaseRow] = field(default_factory=dict)
    handlings: dict[str, HandlingRow] = field(default_factory=dict)
    legs: dict[str, LegRow] = field(default_factory=dict)
    clocks: dict[str, list[DeadlineRow]] = field(default_factory=dict)
    lines: dict[str, list[TaskLineRow]] = field(default_factory=dict)
    proposals: dict[str, TaskProposalRow] = field(default_factory=dict)
    outlets: dict[str, str] = field(default_factory=dict)


def shown_tasks(session: Session, ctx: Context, person: LoggedIn, rows: Sequence[TaskRow]) -> list[dict[str, Any]]:
    """The tasks of one page as JSON, in the order of `rows`.

    The words of what came are opened only for a person whose role resolves the task, or reads all.
    """
    around = _around(session, rows)
    return [_shown(session, ctx, person, row, around) for row in rows]


def _around(session: Session, rows: Sequence[TaskRow]) -> Around:
    legs = {leg.leg_id: leg for leg in session.scalars(_of(LegRow, LegRow.leg_id, (row.leg_id for row in rows)))}
    numbers = [*(row.case_no for row in rows), *(leg.case_no for leg in legs.values())]
    handling_nos = [*(row.handling_no for row in rows), *(leg.handling_no for leg in legs.values())]
    clocks: dict[str, list[DeadlineRow]] = {}
    for clock in session.scalars(_of(DeadlineRow, DeadlineRow.case_no, numbers).order_by(DeadlineRow.id)):
        clocks.setdefault(clock.case_no, []).append(clock)
    return Around(
        cases={case.case_no: case for case in session.scalars(_of(CaseRow, CaseRow.case_no, numbers).options(_PLAIN))},
        handlings={h.handling_no: h for h in session.scalars(_of(HandlingRow, HandlingRow.handling_no, handling_nos))},
        legs=legs,
        clocks=clocks,
        lines=lines_of(session, [row.id for row in rows]),
        proposals=last_proposals(session, [row.id for row in rows]),
        outlets={outlet.id: outlet.name for outlet in outlets_now(session)} if legs else {},
    )


def _of(table: type[Any], column: Any, values: Iterable[str | None]) -> Any:
    return select(table).where(column.in_({value for value in values if value is not None}))


def _shown(session: Session, ctx: Context, person: LoggedIn, row: TaskRow, around: Around) -> dict[str, Any]:
    kind = TaskKind(row.kind)
    title, _, outcomes = RULES[kind]
    owner = Role(row.owner)
    leg = around.legs.get(row.leg_id or "")
    case_no = row.case_no or (leg.case_no if leg is not None else None)
    case = around.cases.get(case_no or "")
    handling = around.handlings.get(row.handling_no or (leg.handling_no if leg is not None else ""))
    clock = clock_of(row, kind, case, leg, around.clocks.get(case_no or "", []), ctx.now())
    reads = person.role in (owner, *_READS_ALL)
    what_came = came(session, ctx, kind, row.data, reads=reads)
    lines = around.lines.get(row.id, [])
    return {
        "id": row.id,
        "kind": row.kind,
        "title": title,
        "owner": owner,
        "caseNo": case_no,
        "itemName": case.item_name if case is not None else None,
        "handlingNo": row.handling_no,
        "legId": row.leg_id,
        "trackingNo": leg.tracking_no if leg is not None else None,
        "outcomes": list(outcomes),
        "twoPeople": _two_people(ctx, kind),
        "proposal": _proposal(around.proposals.get(row.id), ctx.now()),
        "remedy": REMEDIES[kind],
        "clock": clock,
        "place": place_of(row, handling, leg, around.outlets),
        "responsible": responsible_for(clock, owner),
        "came": what_came,
        "undoing": undoing_shown(row),
        "lines": [
            _line(line) | {"came": what_came if len(lines) == 1 else _came_with(session, ctx, line, reads)}
            for line in lines[-_LINES_SHOWN:]
        ],
        "lineCount": len(lines),
        "data": row.data,
        "openedAt": row.opened_at.isoformat(),
        "deadlineAt": row.deadline_at.isoformat() if row.deadline_at else None,
        "resolvedAt": row.resolved_at.isoformat() if row.resolved_at else None,
        "outcome": row.outcome,
        "settledBy": _settled_by(row),
    }


def _two_people(ctx: Context, kind: TaskKind) -> list[dict[str, str]]:
    if not tasks_need_two(ctx.settings.four_eyes, played=ctx.settings.sandbox):
        return []
    return [{"outcome": outcome, "why": TWO_PEOPLE[kind, outcome]} for outcome in outcomes_of_two(kind)]


def _proposal(row: TaskProposalRow | None, now: datetime) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row.id,
        "outcome": row.outcome,
        "reason": row.reason,
        "by": row.proposed_by,
        "at": row.proposed_at.isoformat(),
        "until": row.until.isoformat(),
        "ending": row.ending_at(now),
        "endedBy": row.ended_by,
        "endReason": row.end_reason,
    }


def _line(line: TaskLineRow) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "title": RULES[TaskKind(line.kind)][0],
        "at": line.at.isoformat(),
        "key": line.key,
        "data": line.data,
        "settledAt": line.settled_at.isoformat() if line.settled_at else None,
    }


def _came_with(session: Session, ctx: Context, line: TaskLineRow, reads: bool) -> dict[str, Any] | None:
    return came(session, ctx, TaskKind(line.kind), line.data, reads=reads)


def _settled_by(row: TaskRow) -> dict[str, str] | None:
    """By what it closed itself; None while it is open, and where a person has decided."""
    if row.outcome != TaskOutcome.SETTLED or row.reason not in set(End):
        return None
    return {"code": row.reason, "label": SETTLED_BY[End(row.reason)]}
