"""What a city and a province need, from the unit costs of one case that were measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.plot import number

DISTRICT_A_DAY = 128
PLACES = {"district": 1, "city": 30, "province": 500}
BUSIEST_HOUR = 0.25
"""Of a day's cases: a guess, on the careful side for a hall that is open for eight hours."""
LOAD = 0.5
"""Of a core that is planned for: the rest is for what nobody plans."""
OPEN_DAYS = 10
RETENTION_DAYS = 30
WORKING_DAYS = 250


@dataclass(frozen=True)
class Unit:
    """One case: processor seconds in all and of the database, bytes of both, statements of our own."""

    processor_s: float
    database_s: float
    own_bytes: float
    engine_bytes: float
    history_bytes: float
    statements: float


def unit(figures: Mapping[str, Any]) -> Unit:
    """From one shape of `cost.json` on the real server."""
    ours = figures["ours"]
    counted = {name: figure["median"] for name, figure in ours["counted"].items()}
    return Unit(
        processor_s=ours["processor_ms_per_case"]["median"] / 1000,
        database_s=ours["by_part_ms"]["database"]["median"] / 1000,
        own_bytes=counted["own bytes"],
        engine_bytes=counted["engine bytes"] + counted.get("visibility bytes", 0),
        history_bytes=ours["history_bytes"],
        statements=counted["own statements"] + counted["engine statements"],
    )


def needs(online: Unit, four_legs: Unit, kb_per_open_case: float | None) -> list[list[str]]:
    """Rows of a table: what, then per place `online – four legs`."""

    def row(what: str, of: Callable[[Unit, float], float]) -> list[str]:
        cells = []
        for times in PLACES.values():
            least, most = (number(of(one, DISTRICT_A_DAY * times)) for one in (online, four_legs))
            cells.append(f"{least} – {most}")
        return [what, *cells]

    rows = [
        ["cases a day", *(f"{DISTRICT_A_DAY * times:,}" for times in PLACES.values())],
        ["cases in the busiest hour", *(f"{DISTRICT_A_DAY * times * BUSIEST_HOUR:,.0f}" for times in PLACES.values())],
        row("cores in the busiest hour", lambda one, day: _cores(one.processor_s, day)),
        row("of these for PostgreSQL", lambda one, day: _cores(one.database_s, day)),
        row("statements a second in the busiest hour", lambda one, day: one.statements * day * BUSIEST_HOUR / 3600),
        row("own tables, GB a year", lambda one, day: one.own_bytes * day * WORKING_DAYS / 1e9),
        row("Temporal's tables, GB kept", lambda one, day: one.engine_bytes * day * RETENTION_DAYS / 1e9),
        row("of these histories, GB", lambda one, day: one.history_bytes * day * RETENTION_DAYS / 1e9),
    ]
    if kb_per_open_case is not None:
        memory = [DISTRICT_A_DAY * times * OPEN_DAYS * kb_per_open_case / 1e6 for times in PLACES.values()]
        rows.append(["workers' memory for open cases, GB", *map(number, memory)])
    return rows


def _cores(processor_s: float, a_day: float) -> float:
    return processor_s * a_day * BUSIEST_HOUR / 3600 / LOAD
