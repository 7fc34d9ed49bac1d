"""What an online case costs, beside the bare engine: interleaved passes of both on one machine.

Ours is the whole system as `make run` starts it, the case goes over HTTP to a played network and is approved; the bare
engine has the same events with nothing in them (`bench.bare`). Counted is the processor time of every process, less
what it uses idle. `python -m bench.cost` writes bench/results/cost.json.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.bare import bare_engine
from bench.processor import processor_ms
from demo.__main__ import stage_of
from demo.play import Stage, case_body
from demo.stories import STORIES
from demo.system import running
from storage.base import Database
from storage.cases.rows import CaseRow

PASSES = 5
CASES = 60
AT_ONCE = 50
TIME_SCALE = 400.0
IDLE_S = 10.0
LOOK_S = 0.2
RESULT = Path(__file__).parent / "results" / "cost.json"
ONLINE = next(story for story in STORIES if story.item == "YZ-HRSS-001" and not story.does and not story.outage)

Pass = Callable[[], list[tuple[float, float]]]


class Ours:
    """Starts online cases over HTTP; looks into the tables whether they are closed, which costs the system nothing."""

    def __init__(self, stage: Stage, database: Database) -> None:
        self._stage, self._database = stage, database
        self._number = 0

    def run(self) -> list[tuple[float, float]]:
        """Seconds until each was registered and until it was closed."""
        first, self._number = self._number, self._number + CASES
        with ThreadPoolExecutor(AT_ONCE) as people:
            return list(people.map(self._one, range(first, first + CASES)))

    def _one(self, number: int) -> tuple[float, float]:
        body = case_body(self._stage, ONLINE, number)
        began = time.monotonic()
        case_no = self._stage.clerk.post("/api/v1/cases", body, f"cost-{number:06d}")["caseNo"]
        started = time.monotonic() - began
        while not self._is_closed(case_no):
            time.sleep(LOOK_S)
        return started, time.monotonic() - began

    def _is_closed(self, case_no: str) -> bool:
        with self._database.read() as session:
            return session.scalar(select(CaseRow.closed_at).filter_by(case_no=case_no)) is not None


class Measured:
    """The passes of one side. `used`: the processor time of its parts so far, in milliseconds."""

    def __init__(self, used: Callable[[], Counter[str]], one_pass: Pass) -> None:
        self._used, self._pass = used, one_pass
        self._idle: dict[str, float] = {}
        self._found: list[dict[str, Any]] = []

    def rest(self) -> None:
        """Learn what it uses while nothing happens."""
        before, began = self._used(), time.monotonic()
        time.sleep(IDLE_S)
        lasted = time.monotonic() - began
        self._idle = {part: used / lasted for part, used in (self._used() - before).items()}

    def go(self) -> None:
        """One pass."""
        before, began = self._used(), time.monotonic()
        took = self._pass()
        lasted = time.monotonic() - began
        used = self._used() - before
        self._found.append(
            {
                "cases_per_s": len(took) / lasted,
                "start_p95_s": statistics.quantiles([start for start, _ in took], n=20)[-1],
                "case_p50_s": statistics.median(whole for _, whole in took),
                "ms": {part: (ms - self._idle.get(part, 0) * lasted) / len(took) for part, ms in used.items()},
            }
        )

    def figures(self) -> dict[str, Any]:
        """Medians over the passes, the lowest and highest beside what was asked for."""
        parts = {part for one in self._found for part in one["ms"] if part != "played"}
        whole = [sum(one["ms"].get(part, 0) for part in parts) for one in self._found]
        numbers = {name: [one[name] for one in self._found] for name in ("cases_per_s", "start_p95_s", "case_p50_s")}
        return {
            **{name: _spread(each) for name, each in numbers.items()},
            "processor_ms_per_case": _spread(whole),
            "by_part_ms": {part: _spread([one["ms"].get(part, 0) for one in self._found]) for part in sorted(parts)},
            "idle_percent_of_a_core": {part: round(ms / 10, 1) for part, ms in sorted(self._idle.items())},
        }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }


async def measure(passes: int) -> dict[str, Any]:
    """Both sides up, idle once, then pass after pass in turn."""
    with tempfile.TemporaryDirectory() as name, running(TIME_SCALE, print) as system:
        stage = stage_of(system)
        stage.partners.put("/control/default", {"pace_s": 0.05})
        async with bare_engine(Path(name)) as bare:
            loop = asyncio.get_running_loop()

            def bare_pass() -> list[tuple[float, float]]:
                return asyncio.run_coroutine_threadsafe(bare.pass_of(CASES, AT_ONCE), loop).result()

            whole, database = system.process.pid, Database(f"sqlite:///{system.data_dir / 'kuayu.db'}")
            sides = {
                "ours": Measured(lambda: processor_ms(whole), Ours(stage, database).run),
                "bare": Measured(lambda: processor_ms(os.getpid(), without=whole), bare_pass),
            }
            for side in sides.values():
                await asyncio.to_thread(side.rest)
            for _ in range(passes):
                for side in sides.values():
                    await asyncio.to_thread(side.go)
            database.close()
    return _compared({name: side.figures() for name, side in sides.items()}) | {"cases": CASES, "at_once": AT_ONCE}


def _compared(sides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    def ratio(name: str) -> float:
        return round(sides["ours"][name]["median"] / sides["bare"][name]["median"], 2)

    names = ("cases_per_s", "start_p95_s", "case_p50_s", "processor_ms_per_case")
    return {**sides, "ours_by_bare": {name: ratio(name) for name in names}, "processors": os.cpu_count()}


def main() -> None:
    """Measure and write."""
    figures = asyncio.run(measure(PASSES))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
