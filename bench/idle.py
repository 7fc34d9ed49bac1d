"""What the whole system uses while nothing happens: at rest, and over open cases; and what an open case holds.

Ours as `make run` starts it. `python -m bench.idle` writes bench/results/idle.json.
"""

import os
import time
from pathlib import Path
from typing import Any

from bench.figures import SHORT, spread, write
from bench.ours import Ours
from bench.processor import processes, processor_ms
from bench.shapes import SHAPES
from demo.__main__ import stage_of
from demo.system import System, running
from storage.base import Database

CASES = 20 if SHORT else 1_000
AT_ONCE = 20
LOOKS = 2 if SHORT else 5
LOOK_S = 1.0 if SHORT else 12.0
TIME_SCALE = 1.0
ONLINE = next(shape for shape in SHAPES if shape.name == "online")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


def measure() -> dict[str, Any]:
    """At rest, then with the cases open: their network is told to keep silent after it has received them."""
    with running(TIME_SCALE, print) as system:
        database = Database(f"sqlite:///{system.data_dir / 'kuayu.db'}")
        stage = stage_of(system)
        stage.partners.put("/control/default", {"pace_s": 7 * 24 * 3600})
        ours = Ours(stage, database)
        time.sleep(LOOK_S)
        at_rest = _used(system)
        before = _resident_kb(system.process.pid)
        ours.open_ones(ONLINE, CASES, AT_ONCE)
        time.sleep(LOOK_S)  # what their start leaves to be done is no rest
        found = {
            "at_rest_percent_of_a_core": at_rest,
            f"with_{CASES}_open_percent_of_a_core": _used(system),
            "worker_kb_per_open_case": round((_resident_kb(system.process.pid) - before) / CASES, 1),
        }
        database.close()
        return found


def _used(system: System) -> dict[str, dict[str, float]]:
    """Part → percent of one core."""
    found: dict[str, list[float]] = {}
    for _ in range(LOOKS):
        before, began = processor_ms(system.process.pid), time.monotonic()
        time.sleep(LOOK_S)
        lasted_ms = 1000 * (time.monotonic() - began)
        used = processor_ms(system.process.pid)
        for part in used:
            found.setdefault(part, []).append(100 * (used[part] - before[part]) / lasted_ms)
    return {part: spread(each) for part, each in sorted(found.items())}


def _resident_kb(whole: int) -> float:
    """Memory of the worker."""
    return sum(
        int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE_KB for process in processes(whole, "worker")
    )


def main() -> None:
    """Measure and write."""
    write("idle", measure())


if __name__ == "__main__":
    main()
