"""What a late door is worth: soft, convex, and very dear before anybody waits too long.

Sources: courier.md §6 (e) "lateness must be convex with an age cap", issue 6 item 4.
"""

from dataclasses import dataclass

_STEP_S = 8


@dataclass(frozen=True)
class Weights:
    """Prices of a plan; the unit is one missed promise."""

    margin_s: float = 600.0  # arriving this close before the deadline starts to cost
    margin_cost: float = 0.1  # price of arriving exactly at the deadline
    missed: float = 1.0  # first late second
    late_hour: float = 0.3  # linear part, per hour late
    late_hour2: float = 0.3  # convex part, per squared hour late
    cap_s: float = 2400.0  # lateness from which waiting longer is worse than missing others
    cap_hour: float = 60.0  # price per hour beyond the cap
    busy_hour: float = 0.6  # an hour of courier time
    wait_hour: float = 0.02  # an hour of an applicant's waiting, even if in time
    move: float = 0.03  # telling a job's applicant another courier


def lateness_table(weights: Weights, horizon_s: float = 8 * 3600) -> list[float]:
    """Price of arriving `8 i` seconds after (deadline - margin), as a table for the inner loop."""
    return [_price(weights, i * _STEP_S - weights.margin_s) for i in range(int(horizon_s / _STEP_S))]


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
        + weights.cap_hour * over
    )
