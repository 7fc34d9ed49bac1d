"""Odd days: nobody crashes, nobody is forgotten, and the same seed gives the same plan."""

import math
from collections.abc import Callable

import pytest

from bench.dispatch.days import Day, Visit, day
from bench.dispatch.score import Decision, Score, score
from bench.dispatch.world import World
from logistics import DispatchCourier, Dispatcher, DispatchJob
from logistics.dispatch import Effort, UnknownCourierError, UnknownJobError

EFFORT = Effort(on_event=2_000, on_question=1_000)
HERE, NEAR = (0.0, 0.0), (500.0, 100.0)


def visits(places: list[tuple[float, float]], released: Callable[[int], float], allowed_s: float) -> tuple[Visit, ...]:
    return tuple(Visit(f"r{n:03d}", x, y, released(n), released(n) + allowed_s) for n, (x, y) in enumerate(places))


def ring(count: int) -> list[tuple[float, float]]:
    return [(1500 * math.cos(n), 1500 * math.sin(n)) for n in range(count)]


class UphillDay(Day):
    """Eastwards is uphill (山城): three times slower than back."""

    def travel(self, x0: float, y0: float, x1: float, y1: float) -> float:
        return super().travel(x0, y0, x1, y1) * (3.0 if x1 > x0 else 1.0)


ODD_DAYS = {
    "slow, long at the door": day(400, 40, 2, speed_km_per_h=9.0, service_s=360.0),
    "one door, couriers on one spot": Day(1, visits([HERE] * 40, lambda n: 60.0 * n, 3600), (HERE, HERE)),
    "all at closing time": Day(2, visits(ring(40), lambda n: 28_000.0, 3600), (HERE, NEAR)),
    "deadlines long past": Day(3, visits(ring(30), lambda n: 90.0 * n, -7200), (HERE, NEAR)),
    "one way is slower": UphillDay(4, visits(ring(40), lambda n: 100.0 * n, 3600), (HERE, NEAR)),
    "odd fractions of seconds": Day(5, visits(ring(30), lambda n: 1e9 + n * 61.803398875, 3600), (HERE, NEAR)),
}


def played(odd: Day) -> tuple[list[Decision], Score]:
    def alive(couriers: list[DispatchCourier], travel, now: float) -> Dispatcher:
        return Dispatcher(couriers, travel, now, seed=3, effort=EFFORT)

    decisions = World(odd, alive).run().decisions
    return decisions, score(odd, decisions)


@pytest.mark.parametrize("name", ODD_DAYS)
def test_an_odd_day_is_served_whole_and_the_same_again(name: str) -> None:
    decisions, scored = played(ODD_DAYS[name])  # the scorer refuses a day on which anybody was forgotten
    assert played(ODD_DAYS[name])[0] == decisions
    assert scored.max_wait_s < 3 * 3600


def test_nobody_starves_where_far_too_few_are_on_duty() -> None:
    """One courier needs five hours for what comes within two and a half; two doors lie far from all others."""
    places = [*ring(58), (-3500.0, 900.0), (3500.0, -900.0)]
    scored = played(Day(6, visits(places, lambda n: 150.0 * ((n * 37) % 60), 3600), (HERE,)))[1]
    assert scored.max_wait_s < 4 * 3600


def test_deliveries_wait_with_the_pickups_while_nobody_is_on_duty() -> None:
    travel = ODD_DAYS["all at closing time"].travel
    dispatcher = Dispatcher([DispatchCourier("a", *HERE), DispatchCourier("b", *NEAR)], travel, 0.0, effort=EFFORT)
    dispatcher.off_duty(0.0, "a")
    dispatcher.off_duty(0.0, "b")
    open_jobs = {f"j{n}" for n in range(24)}
    for n, (x, y) in enumerate(ring(24)):
        origin = NEAR if n % 3 == 0 else None
        dispatcher.request(10.0 * n, DispatchJob(f"j{n}", x, y, 10.0 * n, 10.0 * n + 3600, 180.0, origin))
        assert dispatcher.next_job(10.0 * n, "a") is None
    now = 4000.0
    dispatcher.on_duty(now, DispatchCourier("b", *HERE))
    while (job_id := dispatcher.next_job(now, "b")) is not None:
        open_jobs.remove(str(job_id))
        dispatcher.arrived(now + 300, "b", job_id)
        now += 480
        dispatcher.finished(now, "b", job_id)
    assert open_jobs == set()


def test_who_is_not_known_is_named() -> None:
    dispatcher = Dispatcher([DispatchCourier("a", *HERE)], ODD_DAYS["all at closing time"].travel, 0.0)
    with pytest.raises(UnknownCourierError, match="courier 'x' was never on duty"):
        dispatcher.off_duty(0.0, "x")
    with pytest.raises(UnknownJobError, match="job 'y' was never requested"):
        dispatcher.finished(0.0, "a", "y")
