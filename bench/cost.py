"""What a case costs, beside the bare engine: interleaved passes of both, on each server and for each shape of a case.

Ours is the whole system as `make run` starts it, the case goes over HTTP to a played network and couriers and is
approved; the bare engine has the same events with nothing in them (`bench.bare`), and on PostgreSQL DBOS has the same
steps (`bench.dbos_peer`). Counted is the processor time of every process, less what it uses idle; on PostgreSQL also
statements, commits and bytes.
`python -m bench.cost [--server real]` writes bench/results/cost.json.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client

from bench.bare_case import Outline, leg_name
from bench.figures import SHORT, write
from bench.houses import House, embedded_house, real_house
from bench.measured import Measured, Pass, Used
from bench.shapes import SHAPES, Shape

PASSES = 1 if SHORT else 5
SHORT_CASES = {"online": 4, "four_legs": 2}
IDLE_S = 1.0 if SHORT else 10.0
SERVERS: dict[str, Callable[[Path], AbstractAsyncContextManager[House]]] = {
    "embedded": embedded_house,
    "real": real_house,
}


async def measure(server: str) -> dict[str, Any]:
    """All sides up, each idle once, then pass after pass in turn, shape after shape."""
    with tempfile.TemporaryDirectory() as name:
        async with SERVERS[server](Path(name)) as house:
            await asyncio.sleep(IDLE_S)  # what a start leaves to be done is no rest
            idle = {}
            for side, used in _used(house).items():
                resting = Measured(used)
                await asyncio.to_thread(resting.rest, IDLE_S)
                idle[side] = resting.idle
            return {shape.name: await _shape(house, shape, idle) for shape in SHAPES}


def _used(house: House) -> dict[str, Used]:
    return {"ours": house.used_by_ours, "bare": house.used_by_bare, "dbos": house.used_by_bare}


async def _shape(house: House, shape: Shape, idle: dict[str, dict[str, float]]) -> dict[str, Any]:
    cases = SHORT_CASES[shape.name] if SHORT else shape.cases
    loop = asyncio.get_running_loop()

    def bare_pass() -> list[tuple[float, float]]:
        passing = house.bare.pass_of(shape.outline, cases, shape.at_once)
        return asyncio.run_coroutine_threadsafe(passing, loop).result()

    passes: dict[str, Pass] = {"ours": partial(house.ours.pass_of, shape, cases, shape.at_once), "bare": bare_pass}
    if house.peer and shape.name == "online":
        passes["dbos"] = partial(house.peer.pass_of, cases, shape.at_once)
    sides = {name: Measured(used, idle[name]) for name, used in _used(house).items() if name in passes}
    settled = len(house.ours.settled)
    for _ in range(PASSES):
        for name, side in sides.items():
            await asyncio.to_thread(side.go, passes[name])
    figures = {name: side.figures() for name, side in sides.items()}
    carried = [house.ours.workflows(case_no) for case_no in house.ours.done[-cases:]]
    plain = [_workflows(name, shape.outline) for name in house.bare.done[-cases:]]
    figures["ours"] |= await _histories(house.engine, carried)
    figures["ours"]["tasks_a_person_settled"] = len(house.ours.settled) - settled
    figures["bare"] |= await _histories(house.bare_engine, plain)
    return {**figures, "ours_by_bare": _compared(figures), "cases": cases, "at_once": shape.at_once, "passes": PASSES}


def _workflows(name: str, outline: Outline) -> list[str]:
    return [name, *(leg_name(name, place) for place in range(outline.legs))]


async def _histories(client: Client, cases: Iterable[list[str]]) -> dict[str, Any]:
    """Events and bytes in all histories of a case, the median of these cases."""
    events, size = [], []
    for workflows in cases:
        told = [(await client.get_workflow_handle(name).describe()).raw_info for name in workflows]
        events.append(sum(one.history_length for one in told))
        size.append(sum(one.history_size_bytes for one in told))
    return {"history_events": statistics.median(events), "history_bytes": statistics.median(size)}


def _compared(sides: dict[str, dict[str, Any]]) -> dict[str, float]:
    names = ("cases_per_s", "start_p95_s", "case_p50_s", "processor_ms_per_case")
    ours, bare = sides["ours"], sides["bare"]
    ratios = {name: ours[name]["median"] / bare[name]["median"] for name in names}
    ratios |= {name: ours[name] / bare[name] for name in ("history_events", "history_bytes")}
    return {name: round(ratio, 2) for name, ratio in ratios.items()}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost")
    parser.add_argument("--server", choices=list(SERVERS), nargs="+", default=list(SERVERS))
    write("cost", {name: asyncio.run(measure(name)) for name in parser.parse_args().server})


if __name__ == "__main__":
    main()
