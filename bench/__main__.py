"""`make bench`: every benchmark, one after the other, each as a process of its own; one JSON file each.

`python -m bench --short` runs all of it within two minutes, with few passes and cases and several at a time: it shows
that everything runs, and its times say nothing. Names choose benchmarks: `python -m bench cost scans`.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

BENCHMARKS: dict[str, list[str]] = {
    "cost": [],
    "spent": [],
    "cases": [],
    "acknowledgement": [],
    "idle": [],
    "scans": [],
    "dispatch": ["--days", "1", "--only", "held-out days 300/6"],
    "growth": ["--cases", "200"],
}
"""Each module of `bench` that measures, with what it is told for a short run beside BENCH_SHORT=1."""
SHORT_AT_ONCE = 3


def _run(name: str, short: bool) -> bool:
    """Whether it has ended well. A short one says what it has said when it is over."""
    words = [sys.executable, "-m", f"bench.{name}", *(BENCHMARKS[name] if short else [])]
    environment = {**os.environ, "BENCH_SHORT": str(int(short))}
    began = time.monotonic()
    if not short:
        print(f"== {name}", flush=True)
    done = subprocess.run(words, env=environment, capture_output=short, text=True, check=False)
    said = f"{done.stdout}{done.stderr}" if short else ""
    print(f"{said}== {name}: {time.monotonic() - began:.0f} s, code {done.returncode}", flush=True)
    return done.returncode == 0


def main() -> int:
    """1 where one has failed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("only", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--short", action="store_true", help="few passes and cases, no times to be judged")
    chosen = parser.parse_args()
    with ThreadPoolExecutor(SHORT_AT_ONCE if chosen.short else 1) as pool:
        done = list(pool.map(lambda name: _run(name, chosen.short), chosen.only or BENCHMARKS))
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
