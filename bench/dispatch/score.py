"""The scorer: recomputes every arrival from the decisions and never trusts a reported one."""

import math
import random
from dataclasses import dataclass

from bench.dispatch.days import Day


@dataclass(frozen=True)
class Decision:
    """A courier left for a request at a moment (seconds)."""

    at: float
    courier: str
    job: str


@dataclass(frozen=True)
class Score:
    """What a day was worth."""

    requests: int
    on_time: int
    max_wait_s: float
    mean_wait_s: float
    km_per_request: float

    @property
    def on_time_percent(self) -> float:
        return 100 * self.on_time / self.requests


def factors(seed: int, job: str, sigma: float) -> tuple[float, float]:
    """Lognormal factors of mean one for the leg to a request and the time at its door."""
    if not sigma:
        return 1.0, 1.0
    rng = random.Random(f"noise-{seed}-{job}")
    shift = sigma * sigma / 2
    return math.exp(rng.gauss(0, sigma) - shift), math.exp(rng.gauss(0, sigma) - shift)


def score(day: Day, decisions: list[Decision], sigma: float = 0.0) -> Score:
    """Replay the decisions; an impossible or incomplete plan is an error, not a low score."""
    visits = {visit.id: visit for visit in day.visits}
    place = {f"c{k}": start for k, start in enumerate(day.starts)}
    free = dict.fromkeys(place, 0.0)
    waits: dict[str, float] = {}
    metres = 0.0
    for decision in decisions:
        visit = visits[decision.job]
        if decision.job in waits or decision.at < visit.released - 1e-6:
            raise ValueError(f"{decision.job} is served twice or before it was known")
        if decision.at < free[decision.courier] - 1e-6:
            raise ValueError(f"{decision.courier} leaves before being free")
        leg_factor, door_factor = factors(day.seed, decision.job, sigma)
        x, y = place[decision.courier]
        leg_s = day.travel(x, y, visit.x, visit.y)
        arrival = decision.at + leg_s * leg_factor
        metres += leg_s * day.speed_m_per_s
        waits[decision.job] = arrival - visit.released
        place[decision.courier] = (visit.x, visit.y)
        free[decision.courier] = arrival + visit.service_s * door_factor
    if len(waits) != len(visits):
        raise ValueError(f"{len(visits) - len(waits)} requests were never served")
    on_time = sum(waits[v.id] <= v.deadline - v.released + 1e-6 for v in day.visits)
    return Score(
        len(visits),
        on_time,
        max(waits.values()),
        sum(waits.values()) / len(waits),
        metres / 1000 / len(visits),
    )
