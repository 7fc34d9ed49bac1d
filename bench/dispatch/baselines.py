"""Naive policies to measure against, behind the same calls as the Dispatcher (courier.md §6)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.dispatch.days import OUTLETS
from logistics.dispatch import DispatchCourier, DispatchJob

Travel = Callable[[float, float, float, float], float]


@dataclass
class _Courier:
    x: float
    y: float
    free_at: float = 0.0
    idle: bool = True
    queue: list[DispatchJob] = field(default_factory=list)


class _Queues:
    """A queue per courier; subclasses say where a new job goes."""

    def __init__(self, couriers: list[DispatchCourier], travel: Travel, now: float) -> None:
        self.travel = travel
        self.couriers = {c.id: _Courier(c.x, c.y, now) for c in couriers}
        self.jobs: dict[object, DispatchJob] = {}

    def request(self, now: float, job: DispatchJob) -> None:
        self.jobs[job.id] = job
        self.place(now, job)

    def place(self, now: float, job: DispatchJob) -> None:
        raise NotImplementedError

    def next_job(self, now: float, courier_id: str) -> object | None:
        courier = self.couriers[courier_id]
        if not courier.queue:
            return None
        job = courier.queue.pop(0)
        courier.free_at = now + self.travel(courier.x, courier.y, job.x, job.y) + job.service_s
        courier.x, courier.y, courier.idle = job.x, job.y, False
        return job.id

    def arrived(self, now: float, courier_id: str, job_id: object) -> None:
        self.couriers[courier_id].free_at = now + self.jobs[job_id].service_s

    def finished(self, now: float, courier_id: str, job_id: object) -> None:
        self.couriers[courier_id].idle = True


class NearestIdleFifo(_Queues):
    """Oldest job first, to the nearest idle courier: what most dispatch engines ship."""

    def __init__(self, couriers: list[DispatchCourier], travel: Travel, now: float) -> None:
        super().__init__(couriers, travel, now)
        self.waiting: list[DispatchJob] = []

    def place(self, now: float, job: DispatchJob) -> None:
        self.waiting.append(job)
        self._match()

    def _match(self) -> None:
        while self.waiting:
            idle = [c for c in self.couriers.values() if c.idle and not c.queue]
            if not idle:
                return
            job = self.waiting.pop(0)
            min(idle, key=lambda c: self.travel(c.x, c.y, job.x, job.y)).queue.append(job)

    def finished(self, now: float, courier_id: str, job_id: object) -> None:
        super().finished(now, courier_id, job_id)
        self._match()


class CircleFifo(_Queues):
    """Each outlet's circle is a wall: its one courier takes its jobs in order of arrival."""

    def place(self, now: float, job: DispatchJob) -> None:
        distances = [math.hypot(job.x - x, job.y - y) for x, y in OUTLETS.values()]
        list(self.couriers.values())[distances.index(min(distances))].queue.append(job)


class CheapestInsertion(_Queues):
    """Put the job where the plan grows least, never touch it again."""

    def place(self, now: float, job: DispatchJob) -> None:
        options = [
            (self._cost(now, c, [*c.queue[:p], job, *c.queue[p:]]) - self._cost(now, c, c.queue), k, p)
            for k, c in enumerate(self.couriers.values())
            for p in range(len(c.queue) + 1)
        ]
        _, k, p = min(options)
        list(self.couriers.values())[k].queue.insert(p, job)

    def _cost(self, now: float, courier: _Courier, queue: list[DispatchJob]) -> float:
        t, x, y, cost = max(now, courier.free_at), courier.x, courier.y, 0.0
        began = t
        for job in queue:
            t += self.travel(x, y, job.x, job.y)
            cost += 10 * max(0.0, t - job.deadline)
            t, x, y = t + job.service_s, job.x, job.y
        return cost + t - began
