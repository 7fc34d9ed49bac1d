"""The units that are there from the start (单位): district, hall, post, outlets, departments and networks.

Halls, streets and banks beside these are the district's to add; what is there already is never changed by this.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy.orm import Session

from catalog.model import ServiceItem
from domain.terms import PARTNER_OF_SCHEME
from domain.units import DISTRICT, HALL, POST, Unit, UnitKind
from logistics.outlets import load_outlets
from storage.people.units import add_units, units_now

_CODE: Final = re.compile(r"YZ-([A-Z]{2,12})-[0-9]+")


def seed_units(session: Session, items: Iterable[ServiceItem]) -> list[str]:
    """Add the units that are not there yet, in the caller's transaction; their ids. `items`: of the list in force."""
    known = units_now(session)
    named = {unit.ref for unit in known.values() if unit.kind is UnitKind.DEPARTMENT}
    departments = [unit for unit in _departments(items, known) if unit.ref not in named]
    return add_units(session, [*_always(), *departments])


def _always() -> Iterator[Unit]:
    yield Unit(id=DISTRICT, kind=UnitKind.DISTRICT, name="渝中区政务服务")
    yield Unit(id=HALL, kind=UnitKind.HALL, name="区政务服务大厅", parent=DISTRICT)
    yield Unit(id=POST, kind=UnitKind.POST, name="邮政渝中", parent=DISTRICT)
    for outlet in load_outlets():
        yield Unit(id=outlet.id, kind=UnitKind.OUTLET, name=outlet.name, parent=POST, ref=outlet.id)
    for scheme, partner in PARTNER_OF_SCHEME.items():
        if partner is not None:
            name = f"{scheme.label}网络"
            yield Unit(id=partner, kind=UnitKind.PARTNER, name=name, parent=DISTRICT, ref=partner)


def _departments(items: Iterable[ServiceItem], known: Mapping[str, Unit]) -> Iterator[Unit]:
    """One per name; its id by the code that its items have, by its name where that says nothing or is taken."""
    taken = set(known)
    for name, code in {item.department: item.code for item in items if item.department}.items():
        found = _CODE.fullmatch(code)
        unit_id = f"dept-{found[1].lower()}" if found is not None else ""
        if not unit_id or unit_id in taken:
            unit_id = f"dept-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
        taken.add(unit_id)
        yield Unit(id=unit_id, kind=UnitKind.DEPARTMENT, name=name, parent=DISTRICT, ref=name)
