"""A worker process that does the sweep and writes its number into a file each time; a test kills it."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.worker import Worker

from activities.failure_streaks import FailureStreaks
from activities.job_loop import JobLoop
from domain.jobs import Job
from domain.naming import CASES_QUEUE
from runtime.settings import load_settings
from runtime.temporal import connect
from storage.base import Database
from storage.sealing import Sealer


async def main(data_dir: str, port: str, said: Path) -> None:
    settings = load_settings(None, sandbox="1", data_dir=data_dir, temporal_port=port)

    async def say() -> None:
        with said.open("a") as file:
            file.write(f"{os.getpid()}\n")

    streaks = FailureStreaks(
        Database(settings.database_url, Sealer(settings.seal_keys.by_kid())), lambda: datetime.now(UTC)
    )
    loop = JobLoop({Job.SWEEP: (say,)}, {Job.SWEEP: timedelta(seconds=0.05)}, streaks)
    async with Worker(await connect(settings), task_queue=CASES_QUEUE, activities=[loop.run_job]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
