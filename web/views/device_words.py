"""Devices in words: why one was stopped, and where it belongs."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.devices import DeviceEnd
from logistics.outlets import Outlet
from parcels.handover import HALL

ENDS: Final[Mapping[DeviceEnd, str]] = {
    DeviceEnd.LOST: "丢失或被盗",
    DeviceEnd.BROKEN: "损坏",
    DeviceEnd.RETIRED: "不再使用",
    DeviceEnd.LEFT: "使用人已离岗",
    DeviceEnd.MISTAKE: "登记错了",
}
"""As people choose them; what is most urgent comes first."""


def places_named(outlets: Iterable[Outlet]) -> dict[str, str]:
    """Id → name of every place that has devices."""
    return {HALL: "政务大厅", **{outlet.id: outlet.name for outlet in outlets}}
