"""`python -m bench.dispatch.make_references SECONDS SEED…`: search best-found plans for the three gap cases."""

import sys

from bench.dispatch.best_found import in_time, save, solve
from bench.dispatch.days import day
from bench.dispatch.table import GAP_CASES, dispatcher
from bench.dispatch.world import World


def main(seconds: float, seeds: list[int]) -> None:
    """One line per day; a plan is kept only if it is better than the committed one."""
    for requests, couriers in GAP_CASES:
        for seed in seeds:
            today = day(seed, requests, couriers)
            plans = solve(today, seconds, World(today, dispatcher).run().decisions)
            print(requests, couriers, seed, in_time(today, plans), flush=True)
            save(requests, couriers, seed, plans, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]), [int(seed) for seed in sys.argv[2:]])
