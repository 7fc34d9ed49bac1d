"""Passes of one side, and what a case of it costs: less what the side uses while nothing happens."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.figures import p95, spread
from bench.processor import PARTS

Pass = Callable[[], list[tuple[float, float]]]
"""Runs some cases; seconds until each was started and until it was over."""
Used = Callable[[], Counter[str]]
"""What was used so far, by its name: milliseconds of the system's parts, and whatever else is counted."""

PLAYED = "played"
"""What others do, here played on the same machine: nobody's cost."""
_PARTS = set(PARTS.values()) - {PLAYED}
_PLAIN = ("cases_per_s", "start_p95_s", "case_p50_s", "processor_ms_per_case")


class Measured:
    """The passes of one side."""

    def __init__(self, used: Used, idle: dict[str, float] | None = None) -> None:
        self._used = used
        self.idle = idle or {}
        """Used per second at rest."""
        self._found: list[dict[str, Any]] = []

    def rest(self, lasting_s: float) -> None:
        """Learn what it uses while nothing happens."""
        before, began = self._used(), time.monotonic()
        time.sleep(lasting_s)
        self.idle = _per(self._used(), before, time.monotonic() - began)

    def go(self, one_pass: Pass) -> None:
        """One pass."""
        before, began = self._used(), time.monotonic()
        took = one_pass()
        lasted = time.monotonic() - began
        used = _per(self._used(), before, len(took))
        each = {name: value - self.idle.get(name, 0) * lasted / len(took) for name, value in used.items()}
        self._found.append(
            {
                "cases_per_s": len(took) / lasted,
                "start_p95_s": p95([start for start, _ in took]),
                "case_p50_s": statistics.median(whole for _, whole in took),
                "processor_ms_per_case": sum(value for name, value in each.items() if name in _PARTS),
                "each": each,
            }
        )

    def figures(self) -> dict[str, Any]:
        """Medians over the passes, the lowest and highest beside what was asked for."""
        names = sorted({name for one in self._found for name in one["each"]} - {PLAYED})
        each = {name: spread([one["each"].get(name, 0) for one in self._found]) for name in names}
        return {
            **{name: spread([one[name] for one in self._found]) for name in _PLAIN},
            "by_part_ms": {name: figure for name, figure in each.items() if name in _PARTS},
            "counted": {name: figure for name, figure in each.items() if name not in _PARTS},
            "idle_percent_of_a_core": {part: round(self.idle.get(part, 0) / 10, 1) for part in names if part in _PARTS},
        }


def _per(now: Counter[str], before: Counter[str], by: float) -> dict[str, float]:
    return {name: (now[name] - before[name]) / by for name in now.keys() | before.keys()}
