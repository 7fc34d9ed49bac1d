"""`make demo`: exit 0 only if every case ended as it should, on our side and on the others'."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from demo.client import Caller
from demo.play import Played, Stage, play
from demo.stories import LEFT_OUT, STORIES
from demo.system import NotReady, System, running
from demo.table import outlet_table, table
from demo.verify import faults

TIME_SCALE = 240.0
WITHIN_S = 110.0
HOP_S = 0.4
EVENT_S = 0.5
TWO_PEOPLE = {"FOUR_EYES": "NOT_ACCEPTED,REJECTED,TASKS"}
"""As in a hall with more than one person, whatever the sandbox would do without."""


def stage_of(system: System) -> Stage:
    """Log everybody in and set the pace of the played networks and couriers."""
    stage = Stage(
        clerk=Caller(system.kuayu, "clerk"),
        officer=Caller(system.kuayu, "officer"),
        outlet=Caller(system.kuayu, "outlet"),
        second=Caller(system.kuayu, "supervisor"),
        partners=Caller(system.partners),
        couriers=Caller(system.couriers),
    )
    stage.couriers.put("/control/default", {"pace_s": HOP_S})
    stage.partners.put("/control/default", {"pace_s": EVENT_S})
    return stage


def run_stories(stage: Stage) -> list[Played]:
    """All at once, as in a hall."""
    with ThreadPoolExecutor(len(STORIES)) as pool:
        running_ = [pool.submit(play, stage, story, number, WITHIN_S) for number, story in enumerate(STORIES, 1)]
        for done in as_completed(running_):
            played = done.result()
            state = played.failure or played.case["status"]
            print(f"  {played.seconds:5.1f} s  {played.case_no}  {played.story.title}  {state}", flush=True)
        return [done.result() for done in running_]


def main() -> int:
    print(f"setting up ({len(STORIES)} cases, business time runs {TIME_SCALE:.0f} times faster)", flush=True)
    if LEFT_OUT:
        print(f"{LEFT_OUT} stories are left out: their network's adapter is not here", flush=True)
    try:
        with running(TIME_SCALE, lambda line: print(line, flush=True), TWO_PEOPLE) as system:
            stage = stage_of(system)
            began = time.monotonic()
            played = run_stories(stage)
            seconds = time.monotonic() - began
            wrong = faults(stage, played)
            figures = Caller(system.kuayu, "supervisor").get("/api/v1/outlets/report")
    except NotReady as failure:
        print(failure, file=sys.stderr)
        return 1
    print()
    print(table(played, wrong))
    print()
    print(outlet_table(figures))
    for one in played:
        for fault in wrong[one.number]:
            print(f"FAIL {one.case_no} {one.story.title}: {fault}")
    failed = sum(1 for faults_ in wrong.values() if faults_)
    print(f"\n{len(played) - failed} of {len(played)} cases ended as they should, on both sides, in {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
