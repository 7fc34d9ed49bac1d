"""`python -m bench.growth [--cases 1000 100000] [--postgresql]`: what each read costs as a district grows.

On SQLite, or on a PostgreSQL that is started for it. Each size is filled, served by a process of its own and asked
over real HTTP; the figures join those in bench/results/growth.json.
"""

import argparse
import json
import tempfile
import time
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from bench.growth.asking import asked, callbacks, meanwhile, opened, scans, web
from bench.growth.cases import under_way_at
from bench.growth.filling import fill
from bench.growth.paths import REPORTS, reads
from domain.terms import Scheme
from tests.postgresql import fresh_database, server

RESULT = Path(__file__).parents[1] / "results" / "growth.json"
_FEW = 5


def measured(count: int, url: str | None) -> dict[str, Any]:
    """The figures of one size on one database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        office = opened(folder, url)
        fill(office.database, office.app.state.context.sealer, count)
        office.database.close()
        found: dict[str, Any] = {"filled_s": round(time.monotonic() - began, 1)}
        with web(folder, url) as asker:
            found["first request"] = {"ms": round(1000 * asker.get("/api/v1/cases", "clerk"), 1)}
            for said, (path, role) in reads(count).items():
                found[said] = asked(asker, path, role)
            found["callbacks"] = callbacks(asker, list(islice(under_way_at(Scheme.CHUANYU, count), 40)))
            found["scans"] = scans(asker)
            for said, (path, role) in REPORTS.items():
                found[said] = asked(asker, path, role, _FEW)
            found["work list meanwhile"] = meanwhile(asker, *REPORTS["quarter report, explained"])
            found["memory_mb"] = asker.memory_mb()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.growth")
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    given = parser.parse_args()
    found = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    with server() if given.postgresql else nullcontext() as url:
        for count in given.cases:
            name = f"{'postgresql' if url else 'sqlite'} {count}"
            found[name] = measured(count, fresh_database(url) if url else None)
            print(name, json.dumps(found[name], indent=1, ensure_ascii=False), flush=True)
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
