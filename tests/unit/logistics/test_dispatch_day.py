"""Whole small days: everybody is served, plans are kept, and another process decides the same."""

import pytest

from bench.dispatch.__main__ import rows
from bench.dispatch.baselines import CheapestInsertion
from bench.dispatch.best_found import load
from bench.dispatch.days import day
from bench.dispatch.score import Decision, score
from bench.dispatch.table import play
from bench.dispatch.watch import WatchedDispatcher
from bench.dispatch.world import World
from logistics.dispatch import DispatchCourier, Dispatcher, Effort

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


def played(seed: int, requests: int, couriers: int, factory, sigma: float = 0.0):
    return World(day(seed, requests, couriers), factory, sigma).run()


def alive(couriers, travel, now: float) -> Dispatcher:
    return Dispatcher(couriers, travel, now, seed=7, effort=EFFORT)


def test_the_same_seed_gives_the_same_day_and_rows_are_enough() -> None:
    first = played(61, 60, 2, alive).decisions
    assert played(61, 60, 2, alive).decisions == first
    assert played(61, 60, 2, Resumed).decisions == first


def test_small_days_come_close_to_the_best_found_and_beat_insertion() -> None:
    best = load(60, 2)
    ours, theirs = play(tuple(best), 60, 2, alive), play(tuple(best), 60, 2, CheapestInsertion)
    in_time = sum(score.on_time for score in ours.scores)
    assert in_time >= sum(best.values()) - 0.06 * 60 * len(best)
    assert in_time > sum(score.on_time for score in theirs.scores)
    assert max(score.max_wait_s for score in ours.scores) <= 7200


@pytest.mark.parametrize("sigma", [0.0, 0.3])
def test_applicants_are_seldom_told_another_courier_and_never_shortly_before(sigma: float) -> None:
    def watched(couriers, travel, now: float) -> WatchedDispatcher:
        return WatchedDispatcher(couriers, travel, now, seed=7, effort=EFFORT)

    changes = played(62, 120, 3, watched, sigma).policy.changes
    assert 0 < len(changes) <= 1.3 * 120
    assert all(ahead_s >= 300 for _, ahead_s in changes)


def test_the_scorer_believes_nobody() -> None:
    """Served twice, served before it was known, left while busy, left out: none of it gets a score."""
    quiet = day(61, 60, 2)
    honest = played(61, 60, 2, alive).decisions
    first = honest[0]
    for wrong in (
        [*honest, Decision(99_999.0, first.courier, first.job)],
        [Decision(-1.0, first.courier, first.job), *honest[1:]],
        [Decision(d.at / 2 + quiet.visits[-1].released / 2, "c0", d.job) for d in honest],
        honest[:-1],
    ):
        with pytest.raises(ValueError, match=r"twice|before|never"):
            score(quiet, wrong)


@pytest.mark.soak
def test_the_table_meets_its_targets() -> None:
    """Three held-out days per case; the full table is `python -m bench.dispatch`."""
    missed = [row["case"] for row in rows(days=3, only="held-out") if not row["met"]]
    assert missed == []
