"""When a parcel reached the stages of its way, as its kept state says (经过时间)."""

from collections.abc import Mapping
from typing import Any, Final

from domain.terms import PARCEL_RANK, ParcelStage
from storage.parcels.legs import LegRow

_S = ParcelStage
_MILESTONES: Final[Mapping[ParcelStage, str]] = {
    _S.ARRIVED_DOOR: "arrived_door",
    _S.PICKED_UP: "picked_up",
    _S.DELIVERED: "delivered",
    _S.HALL_CHECKED: "hall_checked",
}
"""Stages of which more is kept than that they were reached (`logistics.parcels.ParcelState`)."""


def times_of(leg: LegRow) -> dict[ParcelStage, str]:
    """Stage of the main line → ISO 8601, UTC, in the last attempt that reached it; without those of unknown time."""
    kept = leg.state or {}
    told: dict[ParcelStage, str] = {_S.ORDERED: leg.ordered_at.isoformat()}
    marks = sorted(kept.get("marks", ()), key=lambda mark: int(mark["epoch"]))
    told |= {_S(mark["stage"]): mark["at"] for mark in marks if mark.get("at") and mark["stage"] in PARCEL_RANK}
    for stage, member in _MILESTONES.items():
        found: Mapping[str, Any] = kept.get(member) or {}
        if found.get("at"):
            told[stage] = found["at"]
    return told
