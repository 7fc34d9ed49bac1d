"""What the figures are meant to be, beside what they are: the first table of docs/performance.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.plot import number
from bench.sections import FOUR_LEGS, ONLINE, Figures

Found = Mapping[str, Figures]
"""Benchmark → its figures; those that were not run are missing."""

_FEW, _MANY = 1_000, 100_000
_SHAPES = ((ONLINE, "online"), (FOUR_LEGS, "four legs"))


@dataclass(frozen=True)
class Goal:
    """`at_most`: less is better; else more is. `measured`: None where it was not measured."""

    what: str
    goal: float
    measured: float | None
    at_most: bool = True

    @property
    def verdict(self) -> str:
        """In words, with the factor that is missing."""
        if self.measured is None:
            return "not measured"
        missing = self.measured / self.goal if self.at_most else self.goal / self.measured
        return "met" if missing <= 1 else f"missed by {number(missing)} ×"


def goals(found: Found) -> Iterator[Goal]:
    """Every goal of cost, growth and recovery, in this order."""
    yield from _costs(found.get("cost", {}))
    answered = found.get("acknowledgement", {}).get("callback_by_signal")
    yield Goal("a callback's acknowledgement by a bare signal, p95", 1.0, _median(answered))
    yield from _rest(found.get("idle", {}))
    after = found.get("recovery", {}).get("after_the_kill", {})
    yield Goal("first case that goes on after a kill, s", 3.0, after.get("first_s"))
    yield Goal("after a kill, p95, s", 5.0, after.get("p95_s"))
    for database in ("sqlite", "postgresql"):
        yield from _growth(found.get("growth", {}), database)


def _costs(cost: Figures) -> Iterator[Goal]:
    for server in ("embedded", "real"):
        for shape, said in _SHAPES:
            one = cost.get(server, {}).get(shape, {})
            ratio, where = one.get("ours_by_bare", {}), f"{said}, {server} server"
            yield Goal(f"cases a second by bare, {where}", 0.9, _median(ratio.get("cases_per_s")), at_most=False)
            yield Goal(f"processor time by bare, {where}", 1.6, _median(ratio.get("processor_ms_per_case")))
            yield Goal(f"start by bare, p95, {where}", 2.0, _median(ratio.get("start_p95_s")))
    online = cost.get("real", {}).get(ONLINE, {}).get("ours", {}).get("counted", {})
    yield Goal("statements of an online case", 60, _median(online.get("own statements")))
    yield Goal("commits of an online case", 12, _median(online.get("own commits")))
    legs = cost.get("real", {}).get(FOUR_LEGS, {}).get("ours", {})
    yield Goal("history events of a case with four legs", 250, _median(legs.get("history_events")))


def _rest(idle: Figures) -> Iterator[Goal]:
    for name, parts in idle.items():
        if name.endswith("percent_of_a_core"):
            used = sum(figure["median"] for part, figure in parts.items() if part != "played")
            yield Goal(
                f"{name.removesuffix('_percent_of_a_core').replace('_', ' ')}, % of a core",
                3.0 if name.startswith("at_rest") else 5.0,
                used,
            )
    yield Goal("memory of the worker per open case, KB", 60, idle.get("worker_kb_per_open_case"))


def _growth(growth: Figures, database: str) -> Iterator[Goal]:
    few, many = (growth.get(f"{database} {size}", {}) for size in (_FEW, _MANY))
    asked = {name: ms for name, ms in many.items() if isinstance(ms, Mapping) and "p95_ms" in ms}
    reports = [ms["p95_ms"] / 1000 for name, ms in asked.items() if "report" in name and "during" not in name]
    painted = {name: ms for name, ms in asked.items() if name.startswith("LCP")}
    reads = {name: ms for name, ms in asked.items() if "report" not in name and name not in painted}
    slowest = max(reads, key=lambda name: reads[name]["p95_ms"], default="")
    grown = {name: ms["p50_ms"] / few[name]["p50_ms"] for name, ms in reads.items() if few.get(name)}
    most = max(grown, key=lambda name: grown[name], default="")
    where = f"{database}, {_MANY:,} cases"
    yield Goal(f"slowest read ({slowest}), p95, ms, {where}", 300, reads[slowest]["p95_ms"] if slowest else None)
    yield Goal(f"read that grew most ({most}), p50 by that at {_FEW:,}, {where}", 1.5, grown.get(most))
    last = max(painted, key=lambda name: painted[name]["p95_ms"], default="")
    yield Goal(f"{last or 'LCP'}, p95, ms, {where}", 1500, painted[last]["p95_ms"] if last else None)
    yield Goal(f"slowest report, s, {where}", 2.0, max(reports, default=None))


def _median(figure: Any) -> float | None:
    if isinstance(figure, Mapping):
        return float(figure["median"])
    return None if figure is None else float(figure)
