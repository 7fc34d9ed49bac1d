"""Best-found plans of somebody who knew the whole day: PyVRP, off line, committed as JSON (decisions.md 19).

Every request is an optional client with the window [released, deadline] and a prize; couriers may stand at a
door before it is released. PyVRP's `release_time` means "not before leaving the depot" and is wrong for
pickups, hence `tw_early` (courier.md §6). A found value is a lower bound of the best possible one.
"""

import json
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.dispatch.days import Day, day, generator_hash
from bench.dispatch.score import Decision

REFERENCES = Path(__file__).parent / "references"
_TICKS_PER_S = 10  # the solver wants whole numbers; legs are rounded up, so a plan in ticks holds in seconds
_PRIZE = 1_000_000


def solve(today: Day, seconds: float, warm: list[Decision], seed: int = 1) -> list[list[str]]:
    """Routes of visit ids, one per courier, after `seconds` of search from the better of cold and warm."""
    from pyvrp import Model, Route, Solution

    model = _model(today, Model())
    data = model.data()
    routes = [Route(data, visits, k) for k, visits in enumerate(_in_time(today, warm)) if visits]
    result = model.solve(
        _AllOr(seconds), seed=seed, display=False, collect_stats=False, initial_solution=Solution(data, routes)
    )
    plans: list[list[str]] = [[] for _ in today.starts]
    for route in result.best.routes():
        plans[route.vehicle_type()] = [
            today.visits[activity.idx].id for activity in route.schedule() if activity.is_client()
        ]
    return plans


class _AllOr:
    """Stop when every prize is collected (nothing left to find) or when the CPU time is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.process_time() + seconds

    def __call__(self, best_cost: float) -> bool:
        return best_cost < _PRIZE or time.process_time() > self._end


def _model(today: Day, model: Any) -> Any:
    clients = [model.add_location(v.x, v.y) for v in today.visits]
    starts = [model.add_location(x, y) for x, y in today.starts]
    nowhere = model.add_location(0, 0)
    end = model.add_depot(nowhere)
    for start in starts:
        depot = model.add_depot(start)
        model.add_vehicle_type(1, start_depot=depot, end_depot=end)
    for visit, place in zip(today.visits, clients, strict=True):
        model.add_client(
            place,
            service_duration=round(visit.service_s * _TICKS_PER_S),
            tw_early=round(visit.released * _TICKS_PER_S),
            tw_late=round(visit.deadline * _TICKS_PER_S),
            prize=_PRIZE,
            required=False,
        )
    points = [(v.x, v.y) for v in today.visits] + list(today.starts)
    for (x0, y0), frm in zip(points, clients + starts, strict=True):
        model.add_edge(frm, nowhere, 0, 0)
        for visit, to in zip(today.visits, clients, strict=True):
            ticks = int(today.travel(x0, y0, visit.x, visit.y) * _TICKS_PER_S) + 1
            if frm is not to:
                model.add_edge(frm, to, ticks, ticks)
    return model


def _in_time(today: Day, decisions: list[Decision]) -> list[list[int]]:
    """Per courier the visits that an online day reached in time: a feasible start for the solver."""
    index = {v.id: i for i, v in enumerate(today.visits)}
    routes: list[list[int]] = [[] for _ in today.starts]
    for decision in decisions:
        routes[int(decision.courier[1:])].append(index[decision.job])
    return [_feasible(today, k, route) for k, route in enumerate(routes)]


def _feasible(today: Day, courier: int, route: list[int]) -> list[int]:
    (x, y), t, kept = today.starts[courier], 0, []
    for i in route:
        visit = today.visits[i]
        come = t + int(today.travel(x, y, visit.x, visit.y) * _TICKS_PER_S) + 1
        if come <= visit.deadline * _TICKS_PER_S:
            t = max(come, round(visit.released * _TICKS_PER_S)) + round(visit.service_s * _TICKS_PER_S)
            x, y = visit.x, visit.y
            kept.append(i)
    return kept


def in_time(today: Day, plans: list[list[str]]) -> int:
    """How many requests the plans reach in time, recomputed; an impossible plan is an error."""
    visits = {v.id: v for v in today.visits}
    seen: set[str] = set()
    for (x, y), plan in zip(today.starts, plans, strict=True):
        t = 0.0
        for visit_id in plan:
            visit = visits[visit_id]
            t = max(t + today.travel(x, y, visit.x, visit.y), visit.released)
            if visit_id in seen or t > visit.deadline + 1e-6:
                raise ValueError(f"reference plan is wrong at {visit_id}")
            seen.add(visit_id)
            t, x, y = t + visit.service_s, visit.x, visit.y
    return len(seen)


def load(requests: int, couriers: int) -> dict[int, int]:
    """Best-found number in time per seed, recomputed from the committed plans."""
    path = REFERENCES / f"{requests}-{couriers}.json"
    if not path.exists():
        return {}
    file = json.loads(path.read_text())
    if file["generator"] != generator_hash():
        raise ValueError(f"{path.name} belongs to another generator: make it again")
    return {
        int(seed): in_time(day(int(seed), requests, couriers), _named(plans)) for seed, plans in file["plans"].items()
    }


def save(requests: int, couriers: int, seed: int, plans: list[list[str]], seconds: float) -> None:
    """Keep a plan if it is the best so far."""
    path = REFERENCES / f"{requests}-{couriers}.json"
    file = json.loads(path.read_text()) if path.exists() else {}
    if file.get("generator") != generator_hash():
        file = {"generator": generator_hash(), "plans": {}}
    file |= {
        "solver": f"PyVRP {version('pyvrp')}",
        "solver_seed": 1,
        "seconds_per_day_at_most": max(seconds, file.get("seconds_per_day_at_most", 0)),
    }
    numbers = [[int(visit[1:]) for visit in plan] for plan in plans]
    before = file["plans"].get(str(seed), [])
    if sum(map(len, numbers)) > sum(map(len, before)):
        file["plans"][str(seed)] = numbers
    file["plans"] = dict(sorted(file["plans"].items(), key=lambda entry: int(entry[0])))
    REFERENCES.mkdir(exist_ok=True)
    path.write_text(_one_line_per_plan(file))


def _named(plans: list[list[int]]) -> list[list[str]]:
    return [[f"r{number:03d}" for number in plan] for plan in plans]


def _one_line_per_plan(file: dict[str, Any]) -> str:
    head = {key: value for key, value in file.items() if key != "plans"}
    lines = [f'  "{seed}": {json.dumps(plans)}' for seed, plans in file["plans"].items()]
    return json.dumps(head)[:-1] + ', "plans": {\n' + ",\n".join(lines) + "\n}}\n"
