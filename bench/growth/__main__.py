"""`python -m bench.growth [--cases 1000 100000] [--on sqlite postgresql]`: what each read costs as a district grows.

On SQLite and on a PostgreSQL that is started for it. Each size is filled, served by a process of its own and asked
over real HTTP, its pages in Chromium too; the figures join those in bench/results/growth.json.
"""

import argparse
import json
import tempfile
import time
from contextlib import ExitStack, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from bench.figures import RESULTS, SHORT, machine
from bench.growth.asking import Asker, asked, callbacks, in_turn, meanwhile, opened, scans, searched, web
from bench.growth.cases import under_way_at
from bench.growth.filling import fill, stored_bytes
from bench.growth.painting import painted
from bench.growth.paths import REPORTS, pages, reads, searches
from domain.terms import Scheme
from runtime.container import face_key
from tests.postgresql import fresh_database, server

RESULT = RESULTS / "growth.json"
SERVERS = {"sqlite": nullcontext, "postgresql": server}
"""Where a district is kept; each gives the address of a server, or None for a file."""
_FEW = 5


def measured(urls: dict[int, str | None]) -> dict[int, dict[str, Any]]:
    """The figures of each size on one database; `urls`: size → where its database is.

    All sizes are served at the same time and asked in turn, so that what else the machine does meets them alike.
    """
    with ExitStack() as stack:
        folders = {count: Path(stack.enter_context(tempfile.TemporaryDirectory())) for count in urls}
        found = {count: _filled(folders[count], url, count) for count, url in urls.items()}
        askers = {count: stack.enter_context(web(folders[count], url)) for count, url in urls.items()}
        for count, asker in askers.items():
            found[count]["first request"] = {"ms": round(1000 * asker.get("/api/v1/cases", "clerk"), 1)}
        for said in reads(min(urls)):
            each = in_turn({count: _way(asker, *reads(count)[said]) for count, asker in askers.items()})
            for count, taken in each.items():
                found[count][said] = taken
        for count, asker in askers.items():
            found[count] |= _alone(asker, count)
            found[count]["bytes per case"] = stored_bytes(folders[count], urls[count]) // count
        return found


def _way(asker: Asker, path: str, role: str | None) -> tuple[Asker, str, str | None]:
    return asker, path, role


def _filled(folder: Path, url: str | None, count: int) -> dict[str, Any]:
    began = time.monotonic()
    office = opened(folder, url)
    context = office.app.state.context
    fill(office.database, context.sealer, count, face_key(context.settings))
    office.database.close()
    return {"filled_s": round(time.monotonic() - began, 1)}


def _alone(asker: Asker, count: int) -> dict[str, Any]:
    """What changes a district, or takes a while: asked of one size after the other."""
    found: dict[str, Any] = {f"search box, {said}": searched(asker, q) for said, q in searches(count).items()}
    found["callbacks"] = callbacks(asker, list(islice(under_way_at(Scheme.CHUANYU, count), 40)))
    found["scans"] = scans(asker)
    for said, figures in painted(asker.base, pages(count)).items():
        found[f"LCP, {said}"] = figures
    found["memory_mb before reports"] = asker.memory_mb()
    for said, (path, role) in REPORTS.items():
        found[said] = asked(asker, path, role, _FEW)
    for said in ("quarter report, explained", "quarter report, workbook"):
        found[f"work list during {said}"] = meanwhile(asker, *REPORTS[said])
    return found | {"memory_mb": asker.memory_mb()}


def at_a_million(few: dict[str, Any], many: dict[str, Any], counts: tuple[int, int]) -> dict[str, Any]:
    """By calculation and not measured: the line through two sizes, and the store at the larger one's size of a case."""
    further = (1_000_000 - counts[1]) / (counts[1] - counts[0])
    lines = {
        name: round(figures["p95_ms"] + further * max(figures["p95_ms"] - few[name]["p95_ms"], 0), 1)
        for name, figures in many.items()
        if isinstance(figures, dict) and "p95_ms" in figures
    }
    return {"p95_ms": lines, "store_gb": round(many["bytes per case"] * 1_000_000 / 1e9, 1)}


def _beside(found: dict[str, Any], kind: str, counts: list[int]) -> None:
    """What two sizes come to together."""
    few, many = (found.get(f"{kind} {count}") for count in (min(counts), max(counts)))
    if few and many and few is not many:
        found[f"{kind}, 1000000 by calculation"] = at_a_million(few, many, (min(counts), max(counts)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.growth")
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--on", nargs="+", choices=SERVERS, default=list(SERVERS), help="both if none is named")
    given = parser.parse_args()
    found = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    for kind in given.on:
        with SERVERS[kind]() as url:
            for count, figures in measured(
                {count: fresh_database(url) if url else None for count in given.cases}
            ).items():
                found[f"{kind} {count}"] = figures
                print(f"{kind} {count}", json.dumps(figures, indent=1, ensure_ascii=False), flush=True)
            _beside(found, kind, given.cases)
            found |= {"short": SHORT, "machine": machine()}
            RESULT.parent.mkdir(parents=True, exist_ok=True)
            RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
