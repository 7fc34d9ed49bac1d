"""How many live devices there are, as far as a keeper looks after them: at a place, and with which an account scans."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from domain.devices import MAY_SCAN, may_use, places_of
from domain.units import HALL, Unit, UnitKind, reach_of
from storage.people.account_list import AccountSeen
from storage.people.devices import live_devices
from storage.people.users import LoggedIn


def place_of(unit: Unit) -> str | None:
    """The place that a unit is for devices: an outlet, or the hall's counter; None: it has no devices of its own."""
    if unit.kind is UnitKind.OUTLET:
        return unit.ref
    return HALL if unit.id == HALL else None


def devices_at(session: Session, keeper: LoggedIn) -> dict[str, int]:
    """Place → live devices, of the places that a keeper looks after and that have any."""
    found: dict[str, int] = {}
    for owner, count in live_devices(session, places_of(keeper.role, keeper.reach)).items():
        found[owner.outlet_id] = found.get(owner.outlet_id, 0) + count
    return found


def devices_of(
    session: Session, keeper: LoggedIn, accounts: Iterable[AccountSeen], units: Mapping[str, Unit]
) -> dict[str, int]:
    """Name → live devices with which an account may scan, also none of them; without accounts that do not scan.

    `units`: every unit that there is.
    """
    owners = live_devices(session, places_of(keeper.role, keeper.reach))
    scanning = [account for account in accounts if account.active and account.role in MAY_SCAN]
    reaches = {unit_id: reach_of(units, unit_id) for unit_id in {account.unit_id for account in scanning}}
    return {
        account.username: sum(
            count
            for owner, count in owners.items()
            if may_use(account.username, places_of(account.role, reaches[account.unit_id]), *owner)
        )
        for account in scanning
    }
