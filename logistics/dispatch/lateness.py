"""What a late door is worth: soft, convex, and very dear before anybody waits too long.

Source: courier.md §6 (e) "lateness must be convex with an age cap".
"""

from dataclasses import astuple, dataclass
from functools import cache

STEP_S = 8
_HORIZON_S = 8 * 3600


@dataclass(frozen=True)
class Weights:
    """Prices of a plan; the unit is one missed promise on a calm day."""

    margin_s: float  # arriving this close before the deadline starts to cost
    margin_cost: float  # price of arriving exactly at the deadline
    missed: float  # first late second
    late_hour: float  # linear part, per hour late
    late_hour2: float  # convex part, per squared hour late
    cap_s: float  # lateness from which waiting on is worse than missing others
    cap_hour: float  # price per hour beyond the cap, growing so that the longest wait goes first
    busy_hour: float  # an hour of courier time
    wait_hour: float  # an hour of an applicant's waiting, even if in time
    move: float  # sending an applicant another courier than expected


# Found on training days (seeds 100-139 of the benchmark). When the plan grows long, promises will be missed
# anyway: then throughput (short legs, short waits) saves more of them than defending each one.
CALM = Weights(943.0, 0.16, 0.9, 0.49, 0.14, 3060.0, 90.0, 1.2, 0.18, 0.01)
FULL = Weights(943.0, 0.12, 0.3, 0.01, 0.1, 3060.0, 107.0, 1.3, 0.5, 0.01)
CALM_MINUTES, FULL_MINUTES = 23.0, 60.0
"""Length of the plan per courier up to which a day is calm, and from which it is full."""
_LEVELS = 5


@dataclass(frozen=True)
class Prices:
    """Weights with the price of lateness as a table: `table[i]` is for `8 i` s after (deadline - margin)."""

    weights: Weights
    table: tuple[float, ...]
    slope: float  # price per step after the end of the table


def prices(plan_minutes: float) -> Prices:
    """What counts when the plan is this long per courier; in a few steps, so that tables are made once."""
    share = (plan_minutes - CALM_MINUTES) / (FULL_MINUTES - CALM_MINUTES)
    return _prices(max(0, min(_LEVELS, int(share * (_LEVELS + 1)))))


@cache
def _prices(level: int) -> Prices:
    share = level / _LEVELS
    pairs = zip(astuple(CALM), astuple(FULL), strict=True)
    weights = Weights(*(calm + (full - calm) * share for calm, full in pairs))
    table = tuple(_price(weights, step * STEP_S - weights.margin_s) for step in range(_HORIZON_S // STEP_S))
    return Prices(weights, table, table[-1] - table[-2])


def _price(weights: Weights, late_s: float) -> float:
    if late_s <= 0:
        return weights.margin_cost * (1 + late_s / weights.margin_s) ** 2
    hours = late_s / 3600
    over = max(0.0, late_s - weights.cap_s) / 3600
    return (
        weights.margin_cost
        + weights.missed
        + weights.late_hour * hours
        + weights.late_hour2 * hours**2
        + weights.cap_hour * over * (1 + over) ** 6
    )
