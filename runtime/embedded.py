"""The embedded Temporal server: one process, one SQLite file in DATA_DIR, its pages on a port beside it.

The file has a write-ahead journal, so a kill at any moment loses nothing that was acknowledged. The server's
version is kept beside the file: what a newer server wrote is never opened by an older one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from domain.errors import Misconfigured
from runtime import child
from runtime.fetching import Say
from runtime.server_binary import ServerBinary, find_server, version_tuple
from runtime.settings import Settings
from runtime.temporal import is_serving, prepare_namespace

STOP_S = 10.0
READY_S = 60.0
_LOOK_EVERY_S = 0.1
_LOG_TAIL = 10

DYNAMIC_CONFIG = {
    "frontend.namespaceRPS": "100000",
    "frontend.rps": "100000",
    "frontend.namespaceRPS.visibility": "1000",
    "history.persistenceMaxQPS": "100000",
    "matching.persistenceMaxQPS": "100000",
    "frontend.persistenceMaxQPS": "100000",
    "system.enableActivityEagerExecution": "true",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
}
"""Limits meant for shared servers are lifted, and each task queue is one.

With the usual four parts a task that waits in one of them may wait for the next turn of a poll (15 and 60 s, seen on a
server on PostgreSQL): a few workers' polls are in the others, which send nothing on once something waits for 5 s.

`history.timerProcessorMaxTimeShift` stays at its default of 1 s: with 10 ms timers fire when they are due, but under
load some did not fire at all until the server was started again (seen on schedules). Late by a second is no harm here.
"""


def claim_files(data_dir: Path, server_version: str) -> None:
    """Note in `data_dir`/temporal.version which server opens the files there.

    Raises:
        Misconfigured: a newer server wrote them.
    """
    note = data_dir / "temporal.version"
    if note.exists():
        wrote = note.read_text().strip()
        if version_tuple(wrote) > version_tuple(server_version):
            raise Misconfigured(
                f"Temporal Server {wrote} wrote the files in {data_dir}, and the one found is {server_version}: "
                f"set TEMPORAL_BIN to a Temporal CLI with server {wrote} or newer, or use another DATA_DIR"
            )
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = note.with_suffix(".draft")
    draft.write_text(f"{server_version}\n")
    draft.replace(note)


def server_argv(binary: ServerBinary, settings: Settings) -> tuple[str, ...]:
    """The command line of the embedded server for these settings."""
    dynamic = [part for name, value in DYNAMIC_CONFIG.items() for part in ("--dynamic-config-value", f"{name}={value}")]
    return (
        str(binary.path),
        *("server", "start-dev", "--ip", "127.0.0.1", "--log-level", "warn"),
        *("--db-filename", str(settings.data_dir / "temporal.db")),
        *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"),
        *("--namespace", settings.temporal_namespace),
        *("--port", str(settings.temporal_port), "--ui-port", str(settings.temporal_ui_port)),
        *dynamic,
    )


@asynccontextmanager
async def embedded_server(settings: Settings, say: Say, binary: ServerBinary | None = None) -> AsyncIterator[None]:
    """Run the server while the block runs; namespace and search attributes are there when it begins.

    For tests, benchmarks and tools; `kuayu up` runs the same command under its supervisor.

    Raises:
        Misconfigured: no program was found, or the server does not come up within a minute.
    """
    binary = binary or find_server(settings.temporal_bin, say)
    claim_files(settings.data_dir, binary.server_version)
    log = settings.data_dir / "logs" / "temporal.log"
    process = await child.launch(server_argv(binary, settings), env={}, log=log)
    try:
        await _until_serving(settings, process, log)
        await prepare_namespace(settings)
        yield
    finally:
        await child.stop(process, STOP_S)


async def _until_serving(settings: Settings, process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(READY_S):
            while process.returncode is None and not await is_serving(settings):  # noqa: ASYNC110 – nothing tells us
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        pass
    else:
        if process.returncode is None:
            return
    last = "\n".join(f"  {line}" for line in child.tail(log, _LOG_TAIL))
    raise Misconfigured(f"The embedded Temporal server did not come up; its last lines:\n{last}")
