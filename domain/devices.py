"""Devices that scan (登记设备): words that storage, pages and commands share."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.terms import Role
from domain.units import HALL, Reach

DEVICE_ID: Final = r"^[A-Za-z0-9_.:-]{1,64}\z"
"""As a device says it in `POST /scans:batch`."""

NAME_LENGTH: Final = 40

MAY_SCAN: Final = (Role.OUTLET, Role.COURIER, Role.CLERK, Role.SUPERVISOR)
"""Who scans, with a device of his place."""

CODE_VALID: Final = timedelta(minutes=10)
"""A code with which a device is enrolled; it counts once."""

FRESH: Final = timedelta(minutes=2)
"""So far a device's time may be from ours, either way, for what it has signed to be taken as said now."""


class DeviceEnd(StrEnum):
    """Why a device may do nothing any more (停用原因); its words are web.views.device_words."""

    LOST = "LOST"  # stolen or not found
    BROKEN = "BROKEN"
    RETIRED = "RETIRED"
    LEFT = "LEFT"  # whoever used it has gone
    MISTAKE = "MISTAKE"  # it should not have been enrolled


def places_of(role: Role, reach: Reach) -> frozenset[str] | None:
    """Places at which a login scans and whose devices it looks after: ids of outlets, or the hall's counter.

    None: everywhere. Windows of streets and banks have the hall's.
    """
    if role is Role.CLERK:
        return frozenset({HALL}) if reach.unit is not None else frozenset()
    return None if reach.whole or reach.post else reach.outlets


def may_use(username: str, places: frozenset[str] | None, device_place: str, device_username: str | None) -> bool:
    """Whether a login that scans at `places` may use an enrolled device: its own, or one of its place."""
    return device_username in (None, username) and (places is None or device_place in places)
