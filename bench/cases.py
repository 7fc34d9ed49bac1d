"""Cases per second of the demo's mix, fifty at once, on the whole system: real server, database, HTTP, sandbox.

Business waits are made short (events at once, a fast calendar), so what is measured is the system and not the story.
"""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from demo.__main__ import stage_of
from demo.play import Played, Stage, play
from demo.stories import STORIES
from demo.system import running
from demo.verify import faults

AT_ONCE = 50
CASES = 100
TIME_SCALE = 400.0
LOOK_S = 2.0
WITHIN_S = 300.0
RESULT = Path(__file__).parent / "results" / "cases.json"


def main(out: Path) -> dict[str, Any]:
    """Run once and write the figures."""
    mix = [story for story in STORIES if story.outage is None]
    with running(TIME_SCALE, print) as system:
        stage = replace(stage_of(system), look_s=LOOK_S)
        stage.couriers.put("/control/default", {"pace_s": 0.1})
        stage.partners.put("/control/default", {"pace_s": 0.05})
        began = time.monotonic()
        played = _play_all(stage, mix)
        seconds = time.monotonic() - began
        wrong = {number: found for number, found in faults(stage, played).items() if found}
    figures = {
        "cases": CASES,
        "at_once": AT_ONCE,
        "seconds": round(seconds, 1),
        "cases_per_s": round(CASES / seconds, 2),
        "median_case_s": round(statistics.median(one.seconds for one in played), 1),
        "faults": sum(map(len, wrong.values())),
    }
    out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    for number, found in wrong.items():
        print(number, found)
    return figures


def _play_all(stage: Stage, mix: list[Any]) -> list[Played]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda n: play(stage, mix[n % len(mix)], n + 1, WITHIN_S), range(CASES)))


if __name__ == "__main__":
    RESULT.parent.mkdir(exist_ok=True)
    print(main(RESULT))
