"""The worker process: settings → parts → one worker per task queue. `python worker.py` starts it alone."""

import asyncio
import signal
from contextlib import suppress

from runtime.components import parts_of
from runtime.schedules import ensure_schedules
from runtime.settings import load_settings
from runtime.telemetry import configure_logging
from runtime.temporal import connect, prepare_namespace
from runtime.working import run_workers


async def main() -> None:
    settings = load_settings()
    configure_logging("worker", settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    client = await connect(settings)
    await prepare_namespace(settings)
    await ensure_schedules(client, settings)
    await run_workers(client, parts_of(settings), stop)


def run() -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(main())


if __name__ == "__main__":
    run()
