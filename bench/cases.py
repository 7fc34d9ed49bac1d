"""Cases per second of the demo's mix, fifty at once, on the whole system: embedded server, database, HTTP, sandbox.

Business waits are made short (events at once, a fast calendar), so what is measured is the system and not the story.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from bench.figures import SHORT, spread, write
from demo.__main__ import stage_of
from demo.play import Played, Stage, play
from demo.stories import STORIES, Story
from demo.system import running
from demo.verify import faults

AT_ONCE = 50
CASES = 10 if SHORT else 100
PASSES = 1 if SHORT else 5
TIME_SCALE = 4000.0 if SHORT else 400.0
LOOK_S = 2.0
WITHIN_S = 300.0


def measure() -> dict[str, Any]:
    """Pass after pass on one system, each story in turn."""
    mix = [story for story in STORIES if story.outage is None]
    seconds, played, faulty = [], [], 0
    with running(TIME_SCALE, print) as system:
        stage = replace(stage_of(system), look_s=LOOK_S)
        stage.couriers.put("/control/default", {"pace_s": 0.1})
        stage.partners.put("/control/default", {"pace_s": 0.05})
        for passing in range(PASSES):
            began = time.monotonic()
            these = _play_all(stage, mix, passing * CASES)
            seconds.append(time.monotonic() - began)
            wrong = {number: found for number, found in faults(stage, these).items() if found}
            for number, found in wrong.items():
                print(number, found)
            faulty += sum(map(len, wrong.values()))
            played += these
    return {
        "cases": CASES,
        "passes": PASSES,
        "at_once": AT_ONCE,
        "cases_per_s": spread([CASES / each for each in seconds]),
        "case_s": spread([one.seconds for one in played]),
        "faults": faulty,
    }


def _play_all(stage: Stage, mix: list[Story], first: int) -> list[Played]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda n: play(stage, mix[n % len(mix)], first + n + 1, WITHIN_S), range(CASES)))


if __name__ == "__main__":
    write("cases", measure())
