"""Both door legs per outlet in figures (网点时效): minutes to the door, kept and verified shares (courier.md §4)."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from statistics import quantiles
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.terms import DOOR_LEGS, Leg, Role
from logistics.promise_model import CauseParty, PromiseVerdict
from logistics.promise_report import Outcome, report
from parcels.outlets import outlets_now
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from storage.quarter_rows import DOOR_LEG, OF_PROMISE
from web.answers.outlets import OutletReport
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.security.session import only
from web.views.wording import LEGS

_AT_ONCE: Final = 2_000
"""Legs that are fetched at once."""

router = APIRouter(prefix="/api/v1/outlets", tags=["寄递"])

Reader = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.SUPERVISOR, Role.AUDITOR))]


@router.get("/report", operation_id="getOutletReport", response_model=OutletReport)
def outlet_report(
    reader: Reader,
    ctx: Ctx,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
) -> dict[str, Any]:
    """Door legs ordered within `from` … `to` (the end not in it; both optional), per outlet and kind, and in all.

    Of the outlets that the caller's unit covers.

    Refused: 422 PERIOD for a time without a zone.
    """
    if any(at is not None and at.tzinfo is None for at in (since, until)):
        raise Unprocessable("起止时间要带时区", code="PERIOD", field="from")
    with ctx.database.read_one_moment() as session:
        within = None if reader.reach.whole or reader.reach.post else reader.reach.outlets
        return by_outlet(session, since, until, within) | {"at": ctx.now().isoformat()}


def by_outlet(
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
    within: Collection[str] | None = None,
) -> dict[str, Any]:
    """`{outlets: [{id, name, legs: […]}], legs: […]}`; minutes are business minutes, shares 0 … 1 or None.

    `within`: ids of the outlets that count; None: everything.
    """
    query = select(LegRow.outlet_id, LegRow.leg, *OF_PROMISE).where(DOOR_LEG)
    query = query.where(LegRow.outlet_id.in_(sorted(within))) if within is not None else query
    query = query.where(LegRow.ordered_at >= since) if since is not None else query
    query = query.where(LegRow.ordered_at < until) if until is not None else query
    found: dict[tuple[str | None, Leg], list[Outcome | None]] = defaultdict(list)
    kinds = {kind.value: kind for kind in DOOR_LEGS}
    for row in session.execute(query.execution_options(yield_per=_AT_ONCE)):
        outlet_id, leg, *told = tuple[Any, ...](row)
        found[outlet_id, kinds[leg]].append(_outcome(*told))
    outlets = []
    for outlet in outlets_now(session):
        legs = [_figures(kind, found[outlet.id, kind]) for kind in DOOR_LEGS if (outlet.id, kind) in found]
        if legs:
            outlets.append({"id": outlet.id, "name": outlet.name, "legs": legs})
    everywhere = [
        _figures(kind, [order for (_, of_kind), orders in found.items() if of_kind is kind for order in orders])
        for kind in DOOR_LEGS
    ]
    return {"outlets": outlets, "legs": everywhere}


def _outcome(
    verdict: str | None,
    provisional: bool,
    stopped: bool,
    verified: bool,
    raw_minutes: float,
    adjusted_minutes: float,
    excused: str | None,
) -> Outcome | None:
    """None where nothing is promised. We wrote it, so nothing is checked again."""
    if verdict is None:
        return None
    parties = {CauseParty(party): minutes for party, minutes in json.loads(excused).items()} if excused else _NOTHING
    return Outcome(_VERDICTS[verdict], provisional, stopped or None, verified, raw_minutes, adjusted_minutes, parties)


_VERDICTS: Final = {verdict.value: verdict for verdict in PromiseVerdict}
_NOTHING: Final[dict[CauseParty, float]] = {}


def _figures(kind: Leg, orders: list[Outcome | None]) -> dict[str, Any]:
    promised = [outcome for outcome in orders if outcome is not None]
    judged = report(promised)
    return {
        "leg": kind,
        "label": LEGS[kind],
        "orders": len(orders),
        "promised": len(promised),
        "judged": judged.judged,
        "keptShare": _rounded(judged.kept_share),
        "verifiedShare": _rounded(judged.verified_share),
        "provisional": judged.provisional,
        "meanMinutes": _rounded(judged.mean_adjusted_minutes),
        "p90Minutes": _rounded(_p90(promised)),
        "meanRawMinutes": _rounded(judged.mean_raw_minutes),
        "excused": {party: _rounded(share) for party, share in judged.excused_share.items()},
        "needsNote": judged.needs_note,
    }


def _p90(promised: list[Outcome]) -> float | None:
    minutes = [outcome.adjusted_minutes for outcome in promised if outcome.stopped_at is not None]
    if len(minutes) < 2:
        return minutes[0] if minutes else None
    return quantiles(minutes, n=10, method="inclusive")[-1]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
