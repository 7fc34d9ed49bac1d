"""Run as a program of its own, so that it can be given up: lets the SDK download a server into a folder.

`python -m runtime.sdk_download dev|time-skipping FOLDER`. The SDK offers no download without a start, so the
server is started in memory and stopped again, which also shows that it runs here.
"""

import asyncio
import sys

from temporalio.testing import WorkflowEnvironment

CLI_VERSION = "1.5.1"
"""The Temporal CLI that is fetched or built: Server 1.29.1, the one that everything is tested with."""


async def download(kind: str, folder: str) -> None:
    """Leave the server's program in `folder`. `kind`: "dev", or anything else for the time-skipping test server.

    Raises:
        RuntimeError: of the SDK, when it can't be had.
    """
    if kind == "dev":
        environment = await WorkflowEnvironment.start_local(
            download_dest_dir=folder, dev_server_download_version=f"v{CLI_VERSION}"
        )
    else:
        environment = await WorkflowEnvironment.start_time_skipping(download_dest_dir=folder)
    await environment.shutdown()


if __name__ == "__main__":
    try:
        asyncio.run(download(sys.argv[1], sys.argv[2]))
    except RuntimeError as fault:
        sys.exit(str(fault))
