"""Starts the cases of BENCH_DATABASE_URL and sends their messages. Run by the environment of DBOS, never imported.

A line `CASES AT_ONCE` comes in, a JSON list of [seconds until started, seconds until over] goes out.
"""

import asyncio
import json
import os
import sys
import time
from itertools import count

from dbos import DBOSClient

SAID = 4
CARGO = "x" * 1024
LOOK_S = 0.2  # as we look after ours
NAMES = count(1)


async def one(client: DBOSClient, room: asyncio.Semaphore) -> tuple[float, float]:
    async with room:
        began, name = time.monotonic(), f"dbos-{next(NAMES)}"
        options = {"queue_name": "cases", "workflow_name": "case", "workflow_id": name, "app_version": "1"}
        handle = await client.enqueue_async(options, CARGO)
        started = time.monotonic() - began
        for place in range(SAID):
            await client.send_async(name, place, "said")
        await handle.get_result(polling_interval_sec=LOOK_S)
        return started, time.monotonic() - began


async def main() -> None:
    client = DBOSClient(system_database_url=os.environ["BENCH_DATABASE_URL"])
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        cases, at_once = map(int, line.split())
        room = asyncio.Semaphore(at_once)
        print(json.dumps(await asyncio.gather(*(one(client, room) for _ in range(cases)))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
