"""A parcel as a line of stations (寄递站点), in the words of the hall."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from domain.terms import Leg, ParcelStage
from storage.parcels.legs import LegRow
from web.views.stage_times import times_of

S = ParcelStage


class Passed(StrEnum):
    """Where a parcel stands as to a station; the value is the class that draws it."""

    PAST = "past"
    HERE = "here"
    WRONG = "wrong"
    AHEAD = "ahead"


_STATIONS: Final[Mapping[Leg, tuple[tuple[ParcelStage, str], ...]]] = {
    Leg.PICKUP: (
        (S.ORDERED, "下单"),
        (S.ASSIGNED, "派单"),
        (S.EN_ROUTE, "上门"),
        (S.PICKED_UP, "揽收"),
        (S.DELIVERED, "到大厅"),
        (S.HALL_CHECKED, "核对"),
    ),
    Leg.FORWARD: (
        (S.ORDERED, "下单"),
        (S.PICKED_UP, "寄出"),
        (S.IN_TRANSIT, "运输"),
        (S.OUT_FOR_DELIVERY, "派送"),
        (S.DELIVERED, "送达"),
    ),
    Leg.BACK: (
        (S.ORDERED, "待寄"),
        (S.PICKED_UP, "寄出"),
        (S.IN_TRANSIT, "运输"),
        (S.DELIVERED, "到大厅"),
        (S.HALL_CHECKED, "核对"),
    ),
    Leg.DELIVERY: (
        (S.ORDERED, "下单"),
        (S.ASSIGNED, "派单"),
        (S.PICKED_UP, "出厅"),
        (S.OUT_FOR_DELIVERY, "派送"),
        (S.DELIVERED, "签收"),
    ),
}

_KEPT: Final = {S.PICKED_UP: "picked_up", S.DELIVERED: "delivered", S.HALL_CHECKED: "hall_checked"}
"""Stages of which at least the latest possible time is kept, where only a later scan implies them."""


def stations_of(leg: LegRow) -> list[dict[str, Any]]:
    """`[{label, state, at}]` in their order; `at`: ISO 8601, None where it is not known or not reached."""
    side = ParcelStage(leg.stage).rank is None
    stage = ParcelStage(leg.state.get("stage") or (S.ORDERED if side else leg.stage))
    rank, line = stage.rank or 0, _STATIONS[Leg(leg.leg)]
    reached = [place for place, (station, _) in enumerate(line) if (station.rank or 0) <= rank]
    here = reached[-1] if reached else 0
    over = leg.ended_at is not None and not side
    times = _times(leg)
    return [
        {
            "label": label,
            "state": _state(place, here, side=side, over=over),
            "at": times.get(station) if place <= here else None,
        }
        for place, (station, label) in enumerate(line)
    ]


def _state(place: int, here: int, *, side: bool, over: bool) -> Passed:
    if place == here and not over:
        return Passed.WRONG if side else Passed.HERE
    return Passed.PAST if place <= here else Passed.AHEAD


def _times(leg: LegRow) -> dict[ParcelStage, str]:
    """Stage → when it was reached, as far as the parcel's state keeps it; an inferred one is known to be not later."""
    told = times_of(leg)
    for stage, member in _KEPT.items():
        milestone = leg.state.get(member)
        if milestone is not None:
            told.setdefault(stage, milestone["not_after"])
    return told
