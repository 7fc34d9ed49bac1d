"""Devices that scan, and the codes that enrol them."""

from domain.devices import DeviceEnd
from web.answers.base import Answer, Moment


class DeviceShown(Answer):
    """One device. `outletId`: the place that looks after it, an outlet or `hall`.

    `username`: the one login that may use it; null: every login of the place.
    `lastSeenAt`, `lastSeenBy`: within five minutes. `revokedAt`: since then it may do nothing.
    """

    device_id: str
    name: str
    outlet_id: str
    username: str | None
    invited_by: str
    enrolled_at: Moment
    enrolled_by: str
    last_seen_at: Moment | None
    last_seen_by: str | None
    revoked_at: Moment | None
    revoked_by: str | None
    reason: DeviceEnd | None


class DeviceList(Answer):
    """A page of devices by name. `next`: goes into `after` for the next one; null at the end."""

    devices: list[DeviceShown]
    next: str | None


class DeviceCode(Answer):
    """A code that is shown this once; typed on the device until `validUntil`, it enrols it."""

    code: str
    name: str
    outlet_id: str
    username: str | None
    valid_until: Moment


class DeviceStopped(DeviceShown):
    """`sessionsEnded`: of the logins that were seen on it, and of the one that it belongs to."""

    sessions_ended: int


class DeviceStanding(Answer):
    """A live device about itself, with our time."""

    name: str
    outlet_id: str
    username: str | None
    server_time: Moment
