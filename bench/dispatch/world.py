"""Plays a day against a dispatcher through interfaces.md's calls only, and writes down what it decided.

The world owns the truth (positions, clock, noise); the dispatcher is told only what has happened.
"""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bench.dispatch.days import Day, Visit
from bench.dispatch.score import Decision, factors
from logistics.dispatch import DispatchCourier, DispatchJob


class Policy(Protocol):
    """The part of the Dispatcher that a day without cancellations uses."""

    def request(self, now: float, job: DispatchJob) -> None: ...

    def next_job(self, now: float, courier_id: str) -> str | None: ...

    def arrived(self, now: float, courier_id: str, job_id: str) -> None: ...

    def finished(self, now: float, courier_id: str, job_id: str) -> None: ...


PolicyFactory = Callable[[list[DispatchCourier], Callable[[float, float, float, float], float], float], Policy]


@dataclass
class Played:
    """What came out of one day; per decision (request, next_job) seconds on the wall and of this process."""

    decisions: list[Decision]
    call_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    policy: Policy | None = None


class World:
    """One day, event by event; equal times are played in the order they were scheduled."""

    def __init__(self, day: Day, factory: PolicyFactory, sigma: float = 0.0) -> None:
        self.day, self.sigma = day, sigma
        self.places = {f"c{k}": start for k, start in enumerate(day.starts)}
        couriers = [DispatchCourier(id=name, x=x, y=y) for name, (x, y) in self.places.items()]
        self.policy = factory(couriers, day.travel, 0.0)
        self.idle = dict.fromkeys(self.places, True)
        self.visits = {visit.id: visit for visit in day.visits}
        self.played = Played([], policy=self.policy)
        self.heap: list[tuple[float, int, str, str, str]] = []
        self.scheduled = 0

    def run(self) -> Played:
        for visit in self.day.visits:
            self._schedule(visit.released, "request", "", visit.id)
        while self.heap:
            now, _, kind, courier, job = heapq.heappop(self.heap)
            getattr(self, f"_{kind}")(now, courier, job)
        return self.played

    def _schedule(self, at: float, kind: str, courier: str, job: str) -> None:
        self.scheduled += 1
        heapq.heappush(self.heap, (at, self.scheduled, kind, courier, job))

    def _timed(self, call: Callable[..., str | None], *arguments: object) -> str | None:
        began, worked = time.perf_counter(), time.process_time()
        answer = call(*arguments)
        self.played.cpu_s.append(time.process_time() - worked)
        self.played.call_s.append(time.perf_counter() - began)
        return answer

    def _request(self, now: float, _courier: str, job: str) -> None:
        visit = self.visits[job]
        self._timed(self.policy.request, now, _job(visit))
        for courier, idle in self.idle.items():
            if idle:
                self._ask(now, courier)

    def _ask(self, now: float, courier: str) -> None:
        job = self._timed(self.policy.next_job, now, courier)
        if job is None:
            return
        visit = self.visits[job]
        self.played.decisions.append(Decision(now, courier, job))
        self.idle[courier] = False
        x, y = self.places[courier]
        leg_s = self.day.travel(x, y, visit.x, visit.y) * factors(self.day.seed, job, self.sigma)[0]
        self._schedule(now + leg_s, "arrived", courier, job)

    def _arrived(self, now: float, courier: str, job: str) -> None:
        visit = self.visits[job]
        self.places[courier] = (visit.x, visit.y)
        self.policy.arrived(now, courier, job)
        door_s = visit.service_s * factors(self.day.seed, job, self.sigma)[1]
        self._schedule(now + door_s, "finished", courier, job)

    def _finished(self, now: float, courier: str, job: str) -> None:
        self.policy.finished(now, courier, job)
        self.idle[courier] = True
        self._ask(now, courier)


def _job(visit: Visit) -> DispatchJob:
    return DispatchJob(
        id=visit.id,
        x=visit.x,
        y=visit.y,
        released=visit.released,
        deadline=visit.deadline,
        service_s=visit.service_s,
    )
