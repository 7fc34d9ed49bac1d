"""What a parcel carries and whose door it is: read from the dossier when a leg is booked."""

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.messages import LegPlan
from domain.terms import Datum, Leg, MaterialForm, Provided
from logistics.geo import Point
from logistics.tracking import make_seal
from storage.cases.rows import CaseRow, HandlingRow, handlings_of
from storage.cases.serials import next_serials


class LegContact(NamedTuple):
    """The door of a leg.

    `sealed`: name, phone and address as JSON, to be sealed by the caller; `point`: in WGS-84 or None.
    """

    sealed: bytes
    point: Point | None


_PAPER = frozenset({Provided.ORIGINAL, Provided.COPY})


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
    session: Session, plan: LegPlan, dossier: Dossier, case: CaseRow, handling: HandlingRow
) -> list[dict[str, Any]]:
    """The list of papers in the parcel (清单): `name`, `form` (a MaterialForm), `count` of each line."""
    if plan.leg is Leg.PICKUP:
        return [_line(m.name, m.form) for m in dossier.materials if m.provided in _PAPER]
    if plan.leg is Leg.FORWARD:
        return [_line(m.name, m.form) for m in dossier.materials if m.provided is Provided.ORIGINAL]
    owners = [handling] if plan.leg is Leg.BACK else handlings_of(session, case.case_no)
    results = [
        _line(owner.result["name"], MaterialForm.ORIGINAL)
        for owner in owners
        if owner.result is not None and owner.result.get("form") != "electronic"
    ]
    # To the door goes every original that the hall holds, however it came; each once, whoever had it meanwhile.
    if plan.leg is Leg.DELIVERY or handling.originals_travel:
        return results + [_line(m.name, m.form) for m in dossier.materials if m.provided is Provided.ORIGINAL]
    return results


def seal_no_of(session: Session, plan: LegPlan) -> str | None:
    """A new seal number for what the hall sends on; None for what is sealed elsewhere (at a door, by the authority)."""
    if plan.leg not in (Leg.FORWARD, Leg.DELIVERY):
        return None
    return make_seal(next_serials(session, "SEAL", 1)[0])


def _line(name: str, form: MaterialForm) -> dict[str, Any]:
    return {"name": name, "form": form, "count": 1}
