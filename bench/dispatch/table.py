"""The table of courier.md §6: every policy on the same days, next to the best found and the target."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.dispatch.baselines import CheapestInsertion, CircleFifo, NearestIdleFifo
from bench.dispatch.best_found import load
from bench.dispatch.days import day, outlet_day
from bench.dispatch.score import Score, score
from bench.dispatch.watch import WatchedDispatcher
from bench.dispatch.world import PolicyFactory, World
from logistics.dispatch import DispatchCourier, Dispatcher
from logistics.dispatch.models import Travel

GAP_CASES = ((150, 3), (300, 5), (600, 8))
GAP_TARGETS = {(150, 3): 4.0, (300, 5): 1.0, (600, 8): 1.5}
STUDY_SEEDS = tuple(range(42, 47))
HELD_OUT_SEEDS = tuple(range(200, 210))  # never used for tuning; that was done on 100-139


def dispatcher(couriers: list[DispatchCourier], travel: Travel, now: float) -> Dispatcher:
    """The product's policy as it ships."""
    return Dispatcher(couriers, travel, now, seed=0)


def watched(couriers: list[DispatchCourier], travel: Travel, now: float) -> WatchedDispatcher:
    """The same, with every change of courier written down."""
    return WatchedDispatcher(couriers, travel, now, seed=0)


@dataclass
class Case:
    """Some days of one size under one policy."""

    scores: list[Score] = field(default_factory=list)
    call_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    changes: int = 0
    least_notice_s: float | None = None

    def figures(self) -> dict[str, Any]:
        """Means over the days, worst cases, and how long a decision took."""
        calls, cpu, percents = sorted(self.call_s), sorted(self.cpu_s), [s.on_time_percent for s in self.scores]
        return {
            "on_time_percent": round(sum(percents) / len(percents), 2),
            "worst_day_percent": round(min(percents), 2),
            "on_time_mean": round(sum(s.on_time for s in self.scores) / len(percents), 1),
            "on_time": [s.on_time for s in self.scores],
            "longest_wait_minutes": round(max(s.max_wait_s for s in self.scores) / 60, 1),
            "km_per_request": round(sum(s.km_per_request for s in self.scores) / len(percents), 3),
            "decision_ms_mean": round(1000 * sum(calls) / len(calls), 2),
            "decision_ms_p99": round(1000 * calls[int(len(calls) * 0.99)], 1),
            "decision_cpu_ms_p99": round(1000 * cpu[int(len(cpu) * 0.99)], 1),
            "decision_ms_max": round(1000 * calls[-1], 1),
        }


def play(
    seeds: Sequence[int], requests: int, couriers: int, policy: PolicyFactory = dispatcher, sigma: float = 0.0
) -> Case:
    """Play and score the days."""
    case = Case()
    for seed in seeds:
        today = outlet_day(seed, requests) if policy is CircleFifo else day(seed, requests, couriers)
        played = World(today, policy, sigma).run()
        case.scores.append(score(today, played.decisions, sigma))
        case.call_s += played.call_s
        case.cpu_s += played.cpu_s
        if isinstance(played.policy, WatchedDispatcher):
            changes = played.policy.__dict__.get("changes", [])
            case.changes += len(changes)
            notices = [case.least_notice_s] if case.least_notice_s is not None else []
            case.least_notice_s = min([*notices, *(ahead for _, ahead in changes)], default=None)
    return case


def naive(seeds: Sequence[int], requests: int, couriers: int, sigma: float = 0.0) -> dict[str, Any]:
    """The policies to measure against, on the same days."""
    return {
        "cheapest_insertion": play(seeds, requests, couriers, CheapestInsertion, sigma).figures(),
        "nearest_idle_fifo": play(seeds, requests, couriers, NearestIdleFifo, sigma).figures(),
        "circle_fifo_10_couriers": play(seeds, requests, 10, CircleFifo, sigma).figures(),
    }


def gap_row(seeds: Sequence[int], requests: int, couriers: int) -> dict[str, Any]:
    """Ours, the naive ones and the best found on the same days; gap in points of on-time share."""
    best = load(requests, couriers)
    without = [seed for seed in seeds if seed not in best]
    seeds = [seed for seed in seeds if seed in best]
    if not seeds:
        raise ValueError(f"no best-found plans for {requests}/{couriers}: run bench.dispatch.make_references")
    ours = play(seeds, requests, couriers)
    found = [100 * best[seed] / requests for seed in seeds]
    gap = sum(found) / len(found) - sum(s.on_time_percent for s in ours.scores) / len(seeds)
    return {
        "case": f"{requests} requests / {couriers} couriers",
        "dispatcher": ours.figures(),
        "best_found_percent": round(sum(found) / len(found), 2),
        "best_found": {seed: best[seed] for seed in seeds},
        "days_without_reference": without,
        "gap_points": round(gap, 2),
        "target_gap_points": GAP_TARGETS[requests, couriers],
        "met": gap <= GAP_TARGETS[requests, couriers] and not without,
        "naive": naive(seeds, requests, couriers),
    }


def share_row(seeds: Sequence[int], requests: int, couriers: int, target: float, sigma: float = 0.0) -> dict[str, Any]:
    """On-time share against a target in percent."""
    ours = play(seeds, requests, couriers, sigma=sigma).figures()
    return {
        "case": f"{requests} requests / {couriers} couriers" + (f", travel noise σ {sigma}" if sigma else ""),
        "dispatcher": ours,
        "target_percent": target,
        "met": ours["on_time_percent"] >= target,
        "naive": naive(seeds, requests, couriers, sigma),
    }


def overload_row(seeds: Sequence[int]) -> dict[str, Any]:
    """600 requests for 7 couriers: more than 520 in time on average and nobody waits over two hours."""
    ours = play(seeds, 600, 7).figures()
    return {
        "case": "600 requests / 7 couriers (overload)",
        "dispatcher": ours,
        "target_on_time": 520,
        "target_longest_wait_minutes": 120,
        "days_above_target": sum(on_time > 520 for on_time in ours["on_time"]),
        "met": ours["on_time_mean"] > 520 and ours["longest_wait_minutes"] <= 120,
        "naive": naive(seeds, 600, 7),
    }


def stability_row(seeds: Sequence[int], requests: int, couriers: int) -> dict[str, Any]:
    """How often an order's courier changes in the plan, and how shortly before an arrival."""
    case = play(seeds, requests, couriers, watched)
    per_order = case.changes / (len(seeds) * requests)
    least = case.least_notice_s
    return {
        "case": f"{requests} requests / {couriers} couriers, plan stability",
        "changes_per_order": round(per_order, 3),
        "least_notice_s": None if least is None else round(least),
        "met": per_order <= 1.3 and (least is None or least >= 300),
    }
