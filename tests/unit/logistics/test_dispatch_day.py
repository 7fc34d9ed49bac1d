"""Whole small days: everybody is served, plans are kept, and another process decides the same."""

import pytest

from bench.dispatch.baselines import CheapestInsertion
from bench.dispatch.days import day
from bench.dispatch.score import score
from bench.dispatch.world import World
from logistics.dispatch import DispatchCourier, Dispatcher, DispatchJob, Effort

EFFORT = Effort(on_event=2_000, on_question=1_000)


class Resumed:
    """Forgets everything between two calls except the rows (decisions.md 11)."""

    def __init__(self, couriers: list[DispatchCourier], travel, now: float) -> None:
        self.travel = travel
        self.rows = Dispatcher(couriers, travel, now, seed=7, effort=EFFORT).standing()

    def __getattr__(self, call: str):
        def made(now: float, *arguments):
            dispatcher = Dispatcher.resume(self.rows, self.travel, now, seed=7, effort=EFFORT)
            answer = getattr(dispatcher, call)(now, *arguments)
            self.rows = dispatcher.standing()
            return answer

        return made


class Watched(Dispatcher):
    """Writes down every change of courier that an applicant would see."""

    def _watch(self, now: float) -> None:
        told: dict = self.__dict__.setdefault("told", {})
        changes: list = self.__dict__.setdefault("changes", [])
        for job_id in list(self._state.jobs):
            courier, arrival = self.planned_courier(job_id), self.planned_arrival(job_id, now)
            before = told.get(job_id)
            if before is not None and before[0] != courier:
                changes.append((job_id, min(before[1], arrival) - now))
            told[job_id] = (courier, arrival)

    def request(self, now: float, job: DispatchJob) -> None:
        super().request(now, job)
        self._watch(now)

    def next_job(self, now: float, courier_id):
        answer = super().next_job(now, courier_id)
        self._watch(now)
        return answer


def played(seed: int, requests: int, couriers: int, factory, sigma: float = 0.0):
    return World(day(seed, requests, couriers), factory, sigma).run()


def alive(couriers, travel, now: float) -> Dispatcher:
    return Dispatcher(couriers, travel, now, seed=7, effort=EFFORT)


def test_the_same_seed_gives_the_same_day_and_rows_are_enough() -> None:
    first = played(61, 60, 2, alive).decisions
    assert played(61, 60, 2, alive).decisions == first
    assert played(61, 60, 2, Resumed).decisions == first


def test_everybody_is_served_and_more_in_time_than_by_insertion() -> None:
    quiet = day(61, 60, 2)
    ours = score(quiet, World(quiet, alive).run().decisions)
    theirs = score(quiet, World(quiet, CheapestInsertion).run().decisions)
    assert ours.on_time > theirs.on_time
    assert ours.max_wait_s <= 7200


@pytest.mark.parametrize("sigma", [0.0, 0.3])
def test_applicants_are_seldom_told_another_courier_and_never_shortly_before(sigma: float) -> None:
    def watched(couriers, travel, now: float) -> Watched:
        return Watched(couriers, travel, now, seed=7, effort=EFFORT)

    policy = played(62, 120, 3, watched, sigma).policy
    assert 0 < len(policy.changes) <= 1.3 * 120
    assert all(ahead_s >= 300 for _, ahead_s in policy.changes)
