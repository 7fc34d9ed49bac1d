"""`python -m bench.report [--short]`: docs/performance.md from the result files, with one plot each.

What `make bench` has left under bench/results/ is copied to docs/performance/ first; where it has left nothing, the
page is written again from the files that are there.
"""

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import scaling
from bench.figures import MEASURED, SHORT_ONES
from bench.goals import goals
from bench.plot import bars, number
from bench.sections import FOUR_LEGS, ONLINE, SECTIONS, Figures, leaves, table

DOCS = Path(__file__).parents[1] / "docs"
HEAD = """\
# Performance: what was measured
`make bench` measures, `python -m bench.report` writes this page from its files, which are kept beside the plots in
`docs/performance/`, and together in `docs/performance/run.json`. A figure is the median of the passes, with the least
and the most of them."""
PLACES = f"""
## What a city and a province need
From the costs above on the real server; a district registers {scaling.DISTRICT_A_DAY} cases a day, a city has
{scaling.PLACES["city"]} districts, a province {scaling.PLACES["province"]}.
The first number of a cell: if every case were done online; the second: if each travelled over four legs.

Guessed, not measured: {scaling.BUSIEST_HOUR:.0%} of a day's cases come in its busiest hour, cores are planned for
{scaling.LOAD:.0%} load, a case is open for {scaling.OPEN_DAYS} days, a year has {scaling.WORKING_DAYS} working days;
histories are kept for {scaling.RETENTION_DAYS} days. People who only look are not in it.
"""


def main(docs: Path = DOCS, results: Path = MEASURED) -> None:
    """Copy, draw, write."""
    kept = docs / "performance"
    kept.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in SECTIONS:
        file = kept / f"{name}.json"
        if (made := results / file.name).exists():
            shutil.copyfile(made, file)
        if file.exists():
            found[name] = json.loads(file.read_text("utf-8"))
            file.with_suffix(".svg").write_text(bars(*SECTIONS[name].plot(found[name])), "utf-8")
    (kept / "run.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (docs / "performance.md").write_text("\n".join(_page(found)) + "\n", "utf-8")


def _page(found: Mapping[str, Figures]) -> Iterator[str]:
    yield HEAD
    yield "\n## Goals\nBare: the same events, activities, timers and Updates on the same engine with nothing in them.\n"
    judged = ((one, "at most" if one.at_most else "at least") for one in goals(found))
    rows = [[one.what, f"{w} {number(one.goal)}", _number(one.measured), one.verdict] for one, w in judged]
    yield from table(["", "goal", "measured", ""], rows)
    for name, figures in found.items():
        section = SECTIONS[name]
        yield f"\n## {section.title}\n{section.text}"
        yield f"\n![{section.title}](performance/{name}.svg)\n"
        yield from section.table(figures)
        yield f"\n{_where(figures)}"
    if "real" in found.get("cost", {}):
        yield PLACES
        yield from _places(found)


def _number(value: float | None) -> str:
    return "" if value is None else number(value)


def _where(figures: Figures) -> str:
    machine = figures["machine"]
    facts = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
    versions = f"Python {machine['python']}, Temporal {machine['temporal_server']}, PostgreSQL {machine['postgresql']}"
    passes = f", {figures['passes']} passes" if "passes" in figures else ""
    short = " **A short run: it shows that everything runs, its times say nothing.**" if figures["short"] else ""
    return f"{facts}; {versions}{passes}.{short}"


def _places(found: Mapping[str, Figures]) -> Iterator[str]:
    online, four_legs = (scaling.unit(found["cost"]["real"][shape]) for shape in (ONLINE, FOUR_LEGS))
    memory = next((value for path, value in leaves(found.get("idle", {})) if "kb per open case" in path), None)
    kb = memory["median"] if isinstance(memory, Mapping) else memory
    yield from table(["", *scaling.PLACES], scaling.needs(online, four_legs, kb))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--short", action="store_true", help="from a short run, and saying so")
    main(results=SHORT_ONES if parser.parse_args().short else MEASURED)
