"""`python -m runtime.worker_health`: exit code 0 if the worker of this machine asks Temporal for work, else 1.

For the container of a worker, which has no port. A worker that hangs has stopped asking, so it is noticed within 75 s.
"""

import asyncio
import os
import socket
import sys

from domain.errors import Misconfigured
from domain.naming import CASES_QUEUE
from runtime.container import now
from runtime.settings import Settings, load_settings
from runtime.signs_of_life import goes_on
from runtime.temporal import connect

_WITHIN_S = 5.0


async def asks_for_work(settings: Settings, host: str) -> bool:
    """Whether a worker on the machine named `host` has lately asked for workflow tasks of cases; never raises."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            client = await connect(settings)
            return await goes_on(client, CASES_QUEUE, now, within_s=_WITHIN_S, host=host)
    except (RuntimeError, TimeoutError):
        return False


def main() -> int:
    """0 or 1, for whoever keeps the container."""
    try:
        healthy = asyncio.run(asks_for_work(load_settings(), socket.gethostname()))
    except Misconfigured as fault:
        sys.stderr.write(f"{fault.sentence}\n")
        return 1
    return 0 if healthy else 1


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads may abort an interpreter that ends in order (temporalio/sdk-python#300)
