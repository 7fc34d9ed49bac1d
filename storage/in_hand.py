"""What people have in hand (手上的事): what is left lying where a unit is closed. Each is counted in its own index.

Conditions that an index has stand as text in the query too (see `storage.work_lists`).
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from domain.terms import Role
from domain.units import Reach
from storage.cases.rows import CaseRow
from storage.officer_queue import held_by
from storage.parcels.legs import LegRow
from storage.people.users import UserRow

_OPEN_CASES: Final = ("closed_at IS NULL AND due_at IS NOT NULL", "closed_at IS NULL AND due_at IS NULL")
_OPEN_LEG: Final = "ended_at IS NULL"


class Holder(NamedTuple):
    """One open account. `cases` that it looks after, `handlings` that it has taken, `parcels` that it carries: open."""

    username: str
    role: Role
    unit_id: str
    cases: int
    handlings: int
    parcels: int


class InHand(NamedTuple):
    """At a unit and below: open accounts, those of them that have something in hand, parcels under way at outlets."""

    people: int
    holders: list[Holder]
    parcels: int


def in_hand(session: Session, reach: Reach) -> InHand:
    """What those have in hand who stand where `reach` covers; who has most of it first."""
    user = UserRow
    there = select(user.username, user.role, user.unit_id, user.courier_id)
    people = session.execute(there.where(user.active, user.unit_id.in_(sorted(reach.units)))).all()
    names = [person.username for person in people]
    cases, handlings = _kept(session, names), held_by(session, names)
    parcels = _carried(session, reach.outlets)
    holders = [
        Holder(
            username,
            Role(role),
            str(unit_id),
            cases.get(username, 0),
            handlings.get(username, 0),
            parcels.get(courier_id, 0) if courier_id is not None else 0,
        )
        for username, role, unit_id, courier_id in people
    ]
    busy = [one for one in holders if _all_of(one)]
    return InHand(len(people), sorted(busy, key=lambda one: (-_all_of(one), one.username)), sum(parcels.values()))


def _all_of(one: Holder) -> int:
    return one.cases + one.handlings + one.parcels


def _kept(session: Session, names: Collection[str]) -> dict[str, int]:
    """Name → open cases that somebody looks after."""
    found: dict[str, int] = {}
    for part in _OPEN_CASES:
        for name, count in _counted(session, names, part):
            found[name] = found.get(name, 0) + count
    return found


def _counted(session: Session, names: Collection[str], part: str) -> Iterator[tuple[str, int]]:
    counted = select(CaseRow.keeper, func.count()).where(text(part), CaseRow.keeper.in_(names))
    for keeper, count in session.execute(counted.group_by(CaseRow.keeper)):
        yield str(keeper), count


def _carried(session: Session, outlets: Collection[str]) -> dict[str | None, int]:
    """Courier → parcels under way at these outlets; None: those that no courier has yet."""
    counted = select(LegRow.courier_id, func.count().label("parcels"))
    counted = counted.where(text(_OPEN_LEG), LegRow.outlet_id.in_(sorted(outlets)))
    rows = session.execute(counted.group_by(LegRow.courier_id))
    return {row.courier_id: row.parcels for row in rows}
