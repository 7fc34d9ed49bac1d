"""What the scanning tool starts with."""

from domain.terms import Leg, ParcelStage, Role
from web.answers.base import Answer, Moment


class WhoScans(Answer):
    """`outletId`: of who belongs to one outlet."""

    username: str
    role: Role
    role_label: str
    outlet_id: str | None


class PlaceNamed(Answer):
    """An outlet by its name."""

    id: str
    name: str


class ScanStart(Answer):
    """`minimumShell`: an older shell loads itself anew before it goes on. `deviceNeeded`: only enrolled ones scan.

    `works_at`: `hall` and ids of outlets, whose work lists this person may ask for.
    """

    person: WhoScans
    outlets: list[PlaceNamed]
    works_at: list[str]
    minimum_shell: int
    device_needed: bool
    server_time: Moment


class ParcelPlace(Answer):
    """Where a parcel belongs. `number`: its tracking number, else its leg id; `outletId` null: to no outlet."""

    number: str
    leg: Leg
    outlet_id: str | None
    stage: ParcelStage
    ended: bool


class ParcelPlaces(Answer):
    """At most 5000."""

    parcels: list[ParcelPlace]
