"""`make bench`: every benchmark, one after the other, each as a process of its own; one JSON file each."""

import subprocess
import sys

BENCHMARKS = ("bench.cases", "bench.cost", "bench.acknowledgement", "bench.scans", "bench.dispatch", "bench.growth")


def main() -> int:
    failed = 0
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        failed += subprocess.call([sys.executable, "-m", name]) != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
