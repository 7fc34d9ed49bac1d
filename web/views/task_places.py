"""The clock, the place and the party of a task (时限、地点、责任方)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from catalog import regions
from domain.messages import DeadlineKind, Responsible
from domain.tasks import OF_A_CLAIM, TaskKind
from domain.terms import DOOR_LEGS, Leg, Role
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from web.views.wording import DEADLINES, RESPONSIBLE, ROLES

HALL: Final = "政务大厅"
_DOOR: Final = {"kind": "DOOR_PROMISE", "label": "一小时上门承诺"}
_CLAIM: Final = {"kind": "CLAIM", "label": "邮件查询和赔偿"}

_K, _D = TaskKind, DeadlineKind
_CLOCKS: dict[TaskKind, DeadlineKind] = {
    _K.COLLECT_AT_HALL: _D.COLLECTION,
    _K.COMPENSATION: _D.COMPENSATION,
    _K.DEFERRED_MATERIAL: _D.DEFERRED_MATERIAL,
    _K.DEFERRED_LAPSED: _D.DEFERRED_MATERIAL,
    _K.PAPERS_LAPSED: _D.MISSING_PAPER,
    _K.BAD_RATING: _D.RATING_REWORK,
    _K.REWORK_OVERDUE: _D.RATING_REWORK,
}
_RESPONSIBLE: dict[DeadlineKind, Responsible] = {
    _D.RATING_REWORK: Responsible.WINDOW,
    _D.DEFERRED_MATERIAL: Responsible.APPLICANT,
}


def clock_of(
    row: TaskRow, kind: TaskKind, case: CaseRow | None, leg: LegRow | None, clocks: Sequence[DeadlineRow], now: datetime
) -> dict[str, Any] | None:
    """The clock that the task is about, else the one of its handling or case that ends first; None where none runs."""
    if kind in OF_A_CLAIM:
        return _of_a_claim(row, now)
    if leg is not None:
        return _of_a_leg(leg, now)
    own = row.data.get("clock") or _named_by(row.matter) or _CLOCKS.get(kind)
    if own in set(DeadlineKind):
        return _own(row, DeadlineKind(own), clocks, now)
    if case is None or case.closed_at is not None:
        return None
    running = [clock for clock in clocks if clock.stopped_at is None]
    of_handling = [clock for clock in running if clock.handling_no == row.handling_no]
    soonest = min(of_handling or running, key=lambda clock: clock.due_at, default=None)
    return _written(DeadlineKind(soonest.kind), soonest.due_at, soonest.responsible, now) if soonest else None


def _named_by(matter: str) -> str | None:
    """`{owner}/clock/{kind}`; tasks from before their data named it."""
    _, _, clock = matter.partition("/clock/")
    return clock or None


def _own(row: TaskRow, kind: DeadlineKind, clocks: Sequence[DeadlineRow], now: datetime) -> dict[str, Any]:
    newest = next((c for c in reversed(clocks) if c.kind == kind and c.handling_no == row.handling_no), None)
    said = row.data.get("dueAt")
    due_at = datetime.fromisoformat(said) if said else row.deadline_at or (newest.due_at if newest else None)
    responsible = row.data.get("responsible") or (newest.responsible if newest else None) or _RESPONSIBLE.get(kind)
    return _written(kind, due_at, responsible, now)


def _written(kind: DeadlineKind, due_at: datetime | None, responsible: str | None, now: datetime) -> dict[str, Any]:
    party = Responsible(responsible) if responsible else None
    return {
        "kind": kind,
        "label": DEADLINES[kind],
        "dueAt": due_at.isoformat() if due_at else None,
        "overdue": due_at is not None and now > due_at,
        "responsible": party,
        "responsibleLabel": RESPONSIBLE[party] if party else None,
    }


def _of_a_claim(row: TaskRow, now: datetime) -> dict[str, Any]:
    """Until when the next step of a claim is due; `data` says whether the carrier owes it."""
    carrier = row.data.get("party") == Responsible.POST
    due_at, responsible = row.deadline_at, Responsible.POST if carrier else Responsible.WINDOW
    overdue = due_at is not None and now > due_at
    party = {"responsible": responsible, "responsibleLabel": RESPONSIBLE[responsible]}
    return _CLAIM | {"dueAt": due_at.isoformat() if due_at else None, "overdue": overdue} | party


def _of_a_leg(leg: LegRow, now: datetime) -> dict[str, Any] | None:
    """The hour at the door, or the day by which the post should have brought it; None where nothing is promised."""
    if leg.deadline_at is None:
        return None
    clock = _written(DeadlineKind.INTERREGIONAL_LEG, leg.deadline_at, Responsible.POST, now)
    return clock | _DOOR if Leg(leg.leg) in DOOR_LEGS else clock


def place_of(
    row: TaskRow, handling: HandlingRow | None, leg: LegRow | None, outlets: Mapping[str, str]
) -> dict[str, Any] | None:
    """Where to turn to: the outlet of a door leg (`outlets`: id → name), the authority's region, or our own hall."""
    if leg is not None and Leg(leg.leg) in DOOR_LEGS:
        return _outlet(leg, outlets)
    if row.data.get("province"):
        return _region(str(row.data["province"]))
    region = leg.region if leg is not None else handling.region if handling is not None else None
    if region is not None:
        return _region(region)
    return {"kind": "hall", "code": None, "name": HALL} if row.case_no is not None else None


def _outlet(leg: LegRow, outlets: Mapping[str, str]) -> dict[str, Any]:
    """An address that nobody has placed belongs to no outlet yet."""
    if leg.outlet_id is None:
        return {"kind": "hall", "code": None, "name": HALL}
    return {"kind": "outlet", "code": leg.outlet_id, "name": outlets.get(leg.outlet_id, leg.outlet_id)}


def _region(code: str) -> dict[str, Any]:
    region = regions.find(code)
    return {"kind": "authority", "code": code, "name": region.full_name if region else code}


def responsible_for(clock: dict[str, Any] | None, owner: Role) -> dict[str, str]:
    """Who must act before the clock ends; where none says so, whose task it is."""
    if clock is not None and clock["responsible"] is not None:
        return {"party": clock["responsible"], "label": clock["responsibleLabel"]}
    return {"party": owner, "label": ROLES[owner]}
