"""What a parcel carries and whose door it is: read from the dossier when a leg is booked."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.messages import LegPlan
from domain.terms import Datum, Leg
from domain.wire import WireState
from logistics.geo import Point
from logistics.tracking import make_seal
from parcels.paper_fates import settle_fates
from parcels.paper_lists import list_of
from parcels.paper_trail import follow
from parcels.passports import issue
from storage.cases.rows import CaseRow, HandlingRow, handlings_of
from storage.cases.serials import next_serials
from storage.exchange.papers_back import PapersSaidBack
from storage.parcels.legs import LegRow


class LegContact(NamedTuple):
    """The door of a leg.

    `sealed`: name, phone and address as JSON, to be sealed by the caller; `point`: in WGS-84 or None.
    """

    sealed: bytes
    point: Point | None


def contact_of(dossier: Dossier, leg: Leg) -> LegContact | None:
    """The door of a door leg, from the dossier; None between halls."""
    contact = {Leg.PICKUP: dossier.pickup, Leg.DELIVERY: dossier.delivery}.get(leg)
    if contact is None:
        return None
    point = None
    if contact.lat is not None and contact.lon is not None:
        point = Point(lat=contact.lat, lon=contact.lon, datum=contact.datum).to(Datum.WGS84)
    return LegContact(contact.model_dump_json().encode(), point)


def manifest_of(
    session: Session,
    plan: LegPlan,
    dossier: Dossier,
    case: CaseRow,
    handling: HandlingRow,
    said: PapersSaidBack | None,
    now: datetime,
) -> list[dict[str, Any]]:
    """The list of papers in the parcel (清单), from the passports of the case; see `parcels.paper_lists`.

    `said`: of a parcel back, the authority's word about what comes and what stays; None where it has sent none.
    """
    issue(session, case, dossier, now)
    papers = follow(session, case.case_no, now)
    if plan.leg is Leg.BACK:
        settle_fates(papers, handling, said.papers if said else None, said.kept if said else None)
    elsewhere = _on_other_lists(session, plan)
    free = [paper for paper in papers if paper.paper_no not in elsewhere]
    passed_on = any(row.progress.state is not WireState.UNSENT for row in handlings_of(session, case.case_no))
    return list_of(plan, handling, free, passed_on)


def _on_other_lists(session: Session, plan: LegPlan) -> frozenset[str]:
    """Papers that another parcel of this kind has on its list and may have in it: one paper is in one parcel."""
    others = select(LegRow.manifest).filter_by(case_no=plan.case_no, leg=plan.leg, ended_at=None)
    listed = session.scalars(others.where(LegRow.leg_id != plan.leg_id))
    return frozenset(line["paper_no"] for manifest in listed for line in manifest if "paper_no" in line)


def seal_no_of(session: Session, plan: LegPlan) -> str | None:
    """A new seal number for what the hall sends on; None for what is sealed elsewhere (at a door, by the authority)."""
    if plan.leg not in (Leg.FORWARD, Leg.DELIVERY):
        return None
    return make_seal(next_serials(session, "SEAL", 1)[0])
