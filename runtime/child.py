"""One child process: started so that it never outlives us, stopped gently and then for sure."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from runtime.private_files import keep_private

_PR_SET_PDEATHSIG = 1
_KEEP_LOG_BYTES = 20_000_000
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


def _die_with_parent() -> None:
    """SIGKILL when the parent is gone: everything here is safe against that, and ports are free at once.

    The kernel means the thread that forked; children are started from the main thread.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _begin() -> None:
    """What it writes is for our user alone, whoever starts it; and it does not outlive us."""
    keep_private()
    _die_with_parent()


async def launch(argv: Sequence[str], *, env: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start `argv` in a session of its own, its output appended to the file `log`; `env` is added to our environment.

    A session of its own: Ctrl-C reaches only us, and we stop the children in order. The kernel kills the child when
    we are gone (Linux). A log over 20 MB is moved to `.log.1` first.
    """
    with _opened(log) as output:
        return await asyncio.create_subprocess_exec(
            *argv,
            env={**os.environ, **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_begin,
        )


def _opened(log: Path) -> IO[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _KEEP_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")


async def stop(process: asyncio.subprocess.Process, within_s: float) -> None:
    """SIGTERM, and SIGKILL to its whole group when it is still there after `within_s` seconds."""
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), within_s)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def tail(log: Path, lines: int) -> list[str]:
    """The last `lines` lines of a log file, as far as they lie in its last 64 kB; none where there is no file."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        return file.read().decode(errors="replace").splitlines()[-lines:]
