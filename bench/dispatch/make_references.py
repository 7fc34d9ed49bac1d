"""`python -m bench.dispatch.make_references SECONDS REQUESTS/COURIERS SEED…`: search best-found plans."""

import sys

from bench.dispatch.best_found import in_time, save, solve
from bench.dispatch.days import day
from bench.dispatch.table import dispatcher
from bench.dispatch.world import World


def main(seconds: float, requests: int, couriers: int, seeds: list[int]) -> None:
    """One line per day; a plan is kept only if it is better than the committed one."""
    for seed in seeds:
        today = day(seed, requests, couriers)
        plans = solve(today, seconds, World(today, dispatcher).run().decisions)
        print(requests, couriers, seed, in_time(today, plans), flush=True)
        save(requests, couriers, seed, plans, seconds)


if __name__ == "__main__":
    size = [int(number) for number in sys.argv[2].split("/")]
    main(float(sys.argv[1]), size[0], size[1], [int(seed) for seed in sys.argv[3:]])
