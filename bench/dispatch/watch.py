"""Watches a Dispatcher from outside: every change of courier that an applicant would have seen."""

from logistics.dispatch import Dispatcher, DispatchJob
from logistics.dispatch.models import Id


class WatchedDispatcher(Dispatcher):
    """`changes` lists (job, seconds from the change to the nearer of old and new arrival)."""

    changes: list[tuple[Id, float]]
    told: dict[Id, tuple[Id | None, float]]

    def request(self, now: float, job: DispatchJob) -> None:
        super().request(now, job)
        self._look(now)

    def next_job(self, now: float, courier_id: Id) -> Id | None:
        answer = super().next_job(now, courier_id)
        self._look(now)
        return answer

    def _look(self, now: float) -> None:
        told, changes = self.__dict__.setdefault("told", {}), self.__dict__.setdefault("changes", [])
        for job_id in self._state.jobs:
            courier, arrival = self.planned_courier(job_id), self.planned_arrival(job_id, now)
            before = told.get(job_id)
            if before is not None and before[0] != courier:
                changes.append((job_id, min(before[1], arrival or 0.0) - now))
            told[job_id] = (courier, arrival or 0.0)
