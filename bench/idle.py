"""What the whole system uses while nothing happens, at rest and over open cases; what one holds; what a kill costs.

Ours as `make run` starts it. `python -m bench.idle` writes bench/results/idle.json and, because so many open cases
take a while to open, recovery.json too.
"""

import os
import time
from pathlib import Path
from typing import Any

from bench.figures import SHORT, spread, write
from bench.ours import Ours
from bench.processor import processes, processor_ms
from bench.recovery import after_a_kill, all_submitted
from bench.shapes import SHAPES
from demo.__main__ import stage_of
from demo.system import System, running
from storage.base import Database

CASES = 20 if SHORT else 10_000
AT_ONCE = 20
LOOKS = 2 if SHORT else 5
LOOK_S = 1.0 if SHORT else 12.0
TIME_SCALE = 1.0
ONLINE = next(shape for shape in SHAPES if shape.name == "online")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


def measure() -> tuple[dict[str, Any], dict[str, Any]]:
    """At rest, over the open cases, after a kill; their network is told to keep silent once it has received them."""
    with running(TIME_SCALE, print) as system:
        database = Database(f"sqlite:///{system.data_dir / 'kuayu.db'}")
        stage = stage_of(system)
        stage.partners.put("/control/default", {"pace_s": 7 * 24 * 3600})
        ours = Ours(stage, database)
        time.sleep(LOOK_S)
        at_rest = _used(system)
        before = _resident_kb(system.process.pid)
        cases = ours.open_ones(ONLINE, CASES, AT_ONCE)
        all_submitted(database, CASES)
        time.sleep(LOOK_S)  # what their start leaves to be done is no rest
        found = {
            "at_rest_percent_of_a_core": at_rest,
            f"with_{CASES}_open_percent_of_a_core": _used(system),
            "worker_kb_per_open_case": round((_resident_kb(system.process.pid) - before) / CASES, 1),
        }
        recovered = after_a_kill(system, stage, database, cases)
        database.close()
        return found, recovered


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
    idle, recovery = measure()
    write("idle", idle)
    write("recovery", recovery)


if __name__ == "__main__":
    main()
