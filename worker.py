"""The worker process: settings → container → one worker per task queue. `python worker.py` starts it alone."""

import asyncio
import signal
from contextlib import suppress

import uvloop

from runtime.container import container_of
from runtime.printed_passwords import refuse_printed_passwords
from runtime.private_files import keep_private
from runtime.schedules import ensure_schedules
from runtime.settings import load_settings
from runtime.telemetry import configure_logging
from runtime.temporal import connect, prepare_namespace
from runtime.workers import run_workers


async def main() -> None:
    """Run the worker until SIGINT or SIGTERM: namespace and schedules first, then all task queues.

    Raises:
        Misconfigured: a setting is missing or wrong, or an account has a password that we have printed.
        RuntimeError: of the SDK, when the Temporal server can't be reached.
    """
    settings = load_settings()
    configure_logging("worker", settings.log_level)
    parts = container_of(settings)
    await asyncio.to_thread(refuse_printed_passwords, settings, parts.database)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    client = await connect(settings)
    await prepare_namespace(settings)
    await ensure_schedules(client)
    await run_workers(client, parts, stop)


def run() -> None:
    """`main` as a program; Ctrl-C before its handlers are there ends it quietly."""
    keep_private()
    with suppress(KeyboardInterrupt):
        uvloop.run(main())


if __name__ == "__main__":
    run()
