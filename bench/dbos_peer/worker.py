"""Carries the cases of BENCH_DATABASE_URL until it is ended. Run by the environment of DBOS, never imported."""

import os
import threading

from dbos import DBOS, DBOSConfig

BEFORE, SAID, AFTER = 4, 4, 2
HOUR_S = 3600.0


@DBOS.step()
async def step(place: int) -> int:
    return place


@DBOS.workflow()
async def case(cargo: str) -> int:
    """Ten steps in a row, of which four follow a message each; a timer beside each wait."""
    for place in range(BEFORE):
        await step(place)
    for place in range(SAID):
        await DBOS.recv_async("said", timeout_seconds=HOUR_S)
        await step(BEFORE + place)
    for place in range(AFTER):
        await step(BEFORE + SAID + place)
    return len(cargo)


if __name__ == "__main__":
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": os.environ["BENCH_DATABASE_URL"],
        "application_version": "1",
        "log_level": "ERROR",
        "use_listen_notify": True,
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue("cases", polling_interval_sec=0.1)  # by default a second passes before a start is seen
    print("ready", flush=True)
    threading.Event().wait()
