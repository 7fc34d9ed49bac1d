"""Both door legs per outlet in figures (网点时效): minutes to the door, kept and verified shares, issue 6."""

from collections import defaultdict
from datetime import datetime
from statistics import quantiles
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.terms import DOOR_LEGS, Leg, Role
from logistics.promise_model import PromiseState
from logistics.promise_report import report
from logistics.promise_rules import state_kept
from relay.outlet_book import outlets_now
from storage.legs import LegRow
from storage.people import LoggedIn
from web.context import Ctx
from web.problems import Unprocessable
from web.session import only
from web.wording import LEGS

router = APIRouter(prefix="/api/v1/outlets", tags=["寄递"])

Reader = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.CLERK, Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR))]


@router.get("/report", operation_id="getOutletReport")
def outlet_report(
    _reader: Reader,
    ctx: Ctx,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
) -> dict[str, Any]:
    """Door legs ordered within `from` … `to` (with a time zone; both optional), per outlet and kind, and in all."""
    if any(at is not None and at.tzinfo is None for at in (since, until)):
        raise Unprocessable("起止时间要带时区", code="PERIOD", field="from")
    with ctx.database.read() as session:
        return by_outlet(session, since, until) | {"at": ctx.now().isoformat()}


def by_outlet(session: Session, since: datetime | None = None, until: datetime | None = None) -> dict[str, Any]:
    """`{outlets: [{id, name, legs: […]}], legs: […]}`; minutes are business minutes, shares 0 … 1 or None."""
    query = select(LegRow).where(LegRow.leg.in_(DOOR_LEGS))
    query = query.where(LegRow.ordered_at >= since) if since is not None else query
    query = query.where(LegRow.ordered_at < until) if until is not None else query
    found: dict[tuple[str | None, Leg], list[LegRow]] = defaultdict(list)
    for leg in session.scalars(query.order_by(LegRow.ordered_at)):
        found[leg.outlet_id, Leg(leg.leg)].append(leg)
    outlets = []
    for outlet in outlets_now(session):
        legs = [_figures(kind, found[outlet.id, kind]) for kind in DOOR_LEGS if (outlet.id, kind) in found]
        if legs:
            outlets.append({"id": outlet.id, "name": outlet.name, "legs": legs})
    everywhere = [
        _figures(kind, [leg for (_, of_kind), rows in found.items() if of_kind is kind for leg in rows])
        for kind in DOOR_LEGS
    ]
    return {"outlets": outlets, "legs": everywhere}


def _figures(kind: Leg, legs: list[LegRow]) -> dict[str, Any]:
    states = [state for leg in legs if (state := state_kept(leg.promise)) is not None]
    judged = report(states)
    return {
        "leg": kind,
        "label": LEGS[kind],
        "orders": len(legs),
        "promised": len(states),
        "judged": judged.judged,
        "keptShare": _rounded(judged.kept_share),
        "verifiedShare": _rounded(judged.verified_share),
        "provisional": judged.provisional,
        "meanMinutes": _rounded(judged.mean_adjusted_minutes),
        "p90Minutes": _rounded(_p90(states)),
        "meanRawMinutes": _rounded(judged.mean_raw_minutes),
        "excused": {party: _rounded(share) for party, share in judged.excused_share.items()},
        "needsNote": judged.needs_note,
    }


def _p90(states: list[PromiseState]) -> float | None:
    minutes = [state.adjusted_minutes for state in states if state.stopped_at is not None]
    if len(minutes) < 2:
        return minutes[0] if minutes else None
    return quantiles(minutes, n=10, method="inclusive")[-1]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
