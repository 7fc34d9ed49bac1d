"""Rough days: deliveries, cancellations, couriers coming, going and falling ill; nobody may be forgotten."""

import heapq
import math
import random

import pytest

from logistics import DispatchCourier, Dispatcher, DispatchJob
from logistics.dispatch import Effort

EFFORT = Effort(on_event=1_500, on_question=800)


def travel(x0: float, y0: float, x1: float, y1: float) -> float:
    return math.hypot(x1 - x0, y1 - y0) / 2.5


class RoughDay:
    """A world that calls only what interfaces.md names; `eager` also asks the idle after every event."""

    def __init__(self, seed: int, eager: bool) -> None:
        self.rng, self.eager = random.Random(seed), eager
        couriers = [DispatchCourier(f"c{k}", self.rng.uniform(-4e3, 4e3), 0.0) for k in range(4)]
        self.places = {c.id: (c.x, c.y) for c in couriers}
        self.at_work: dict[object, object | None] = dict.fromkeys(self.places)  # courier → job under way
        self.dispatcher = Dispatcher(couriers, travel, 0.0, seed=seed, effort=EFFORT)
        self.jobs: dict[object, DispatchJob] = {}
        self.served: list[object] = []
        self.cancelled: set[object] = set()
        self.heap: list[tuple[float, int, str, object, object]] = []
        for n in range(80):
            self.plan(self.rng.uniform(0, 9000), "request", f"j{n}", None)
        for at in (2000, 4000, 6000):
            self.plan(at, "fall_ill", None, None)
            self.plan(at + 900, "come", f"d{at}", None)
        for _ in range(12):
            self.plan(self.rng.uniform(500, 8000), "cancel", None, None)

    def plan(self, at: float, kind: str, one: object, other: object) -> None:
        heapq.heappush(self.heap, (at, len(self.heap) + 1000 * self.rng.random(), kind, one, other))  # type: ignore[arg-type]

    def run(self) -> None:
        while self.heap:
            now, _, kind, one, other = heapq.heappop(self.heap)
            getattr(self, kind)(now, one, other)
            if self.eager or kind == "request":
                for courier in list(self.at_work):
                    self.ask(now, courier)

    def ask(self, now: float, courier: object) -> None:
        if self.at_work.get(courier, "gone") is not None:
            return
        job_id = self.dispatcher.next_job(now, courier)  # type: ignore[arg-type]
        if job_id is None:
            return
        assert job_id not in self.cancelled
        assert job_id not in self.served
        assert job_id not in self.at_work.values(), "two couriers for one door"
        self.at_work[courier] = job_id
        job, (x, y) = self.jobs[job_id], self.places[courier]
        entry = job.origin or (job.x, job.y)
        leg_s = travel(x, y, *entry) + travel(*entry, job.x, job.y)
        self.plan(now + leg_s * self.rng.lognormvariate(0, 0.3), "arrive", courier, job_id)

    def request(self, now: float, job_id: object, _: object) -> None:
        spot = self.rng.uniform(-4e3, 4e3), self.rng.uniform(-1e3, 1e3)
        origin = (self.rng.choice((-2000.0, 2000.0)), 0.0) if self.rng.random() < 0.3 else None
        self.jobs[job_id] = DispatchJob(job_id, *spot, now, now + 3600, 180.0, origin)  # type: ignore[arg-type]
        self.dispatcher.request(now, self.jobs[job_id])

    def arrive(self, now: float, courier: object, job_id: object) -> None:
        if self.at_work.get(courier) != job_id:
            return  # he fell ill on the way, or it was called off
        self.places[courier] = (self.jobs[job_id].x, self.jobs[job_id].y)
        self.dispatcher.arrived(now, courier, job_id)  # type: ignore[arg-type]
        self.served.append(job_id)
        self.plan(now + 180, "finish", courier, job_id)

    def finish(self, now: float, courier: object, job_id: object) -> None:
        if courier not in self.at_work:
            return
        self.dispatcher.finished(now, courier, job_id)  # type: ignore[arg-type]
        self.at_work[courier] = None
        self.ask(now, courier)

    def cancel(self, now: float, _: object, __: object) -> None:
        waiting = [j for j in self.jobs if j not in self.served and j not in self.cancelled]
        if not waiting:
            return
        job_id = self.rng.choice(waiting)
        self.cancelled.add(job_id)
        self.dispatcher.cancel(now, job_id)  # type: ignore[arg-type]
        for courier, busy in self.at_work.items():
            if busy == job_id:
                self.at_work[courier] = None
                self.ask(now, courier)

    def fall_ill(self, now: float, _: object, __: object) -> None:
        candidates = [c for c, job in self.at_work.items() if job not in self.served]
        if candidates:
            courier = self.rng.choice(candidates)
            del self.at_work[courier]
            self.dispatcher.off_duty(now, courier)  # type: ignore[arg-type]

    def come(self, now: float, courier: object, _: object) -> None:
        self.places[courier], self.at_work[courier] = (0.0, 0.0), None
        self.dispatcher.on_duty(now, DispatchCourier(courier, 0.0, 0.0))  # type: ignore[arg-type]
        self.ask(now, courier)


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_every_job_is_served_once_whatever_happens(seed: int, eager: bool) -> None:
    rough = RoughDay(seed, eager)
    rough.run()
    assert sorted(map(str, rough.served)) == sorted(str(j) for j in rough.jobs if j not in rough.cancelled)
    assert rough.dispatcher.standing().jobs == ()
