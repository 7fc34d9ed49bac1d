"""Getting a program that this machine has not got: the cache it goes to, and slow commands with progress.

What is fetched lives outside the repository and outlives every clone: `${XDG_CACHE_HOME:-~/.cache}/kuayu/bin`.
"""

import fcntl
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Say = Callable[[str], None]
"""Takes one progress line for the person who waits."""

_PROGRESS_EVERY_S = 5.0
_LOOK_EVERY_S = 0.1
_TAIL_LINES = 4


def cache_dir() -> Path:
    """The cache folder; made when something is put into it."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kuayu" / "bin"


@contextmanager
def fetching_alone(say: Say) -> Iterator[Path]:
    """The cache folder, for one process at a time: two that start together fetch once.

    Look again whether the thing is there now; another process may have brought it meanwhile.
    """
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is fetching too; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@contextmanager
def draft_folder(folder: Path) -> Iterator[Path]:
    """A folder beside the final place, so that moving out of it is atomic; removed at the end."""
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as draft:
        yield Path(draft)


@dataclass(frozen=True)
class Patience:
    """How long a command may take, and how long nothing may arrive in the watched folder, seconds."""

    total_s: float
    stall_s: float | None = None


Command = Callable[[Path], tuple[Sequence[str], Mapping[str, str]]]
"""A folder → the command line and environment that leave a program in it."""


def fetch_program(command: Command, target: Path, *, patience: Patience, label: str, say: Say) -> str | None:
    """Run what leaves a program in a folder, and move the program to `target` in one step.

    None if `target` is there now, else why not, in one line. The largest file is the program.
    """
    with draft_folder(target.parent) as draft:
        argv, env = command(draft)
        fault = run_with_progress(argv, env=env, watch=draft, patience=patience, label=label, say=say)
        if fault:
            return fault
        arrived = [path for path in draft.rglob("*") if path.is_file()]
        if not arrived:
            return "left no file"
        program = max(arrived, key=lambda path: path.stat().st_size)
        program.chmod(0o755)
        program.replace(target)
    return None


def run_with_progress(
    argv: Sequence[str], *, env: Mapping[str, str], watch: Path, patience: Patience, label: str, say: Say
) -> str | None:
    """Run a slow command; `say` a line every few seconds. None if it succeeded, else why not, in one line.

    `watch` is the folder that it fills: where nothing in it grows for `stall_s`, waiting is pointless.
    The command runs in a process group of its own and is killed with all that it started.
    """
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                argv, env=dict(env), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as fault:
            return f"{argv[0]} can't be started: {fault.strerror}"
        try:
            given_up = _wait(process, watch, patience, label, say)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if given_up:
            return given_up
        return None if process.returncode == 0 else _last_words(output, process.returncode)


def _wait(process: subprocess.Popen[bytes], watch: Path, patience: Patience, label: str, say: Say) -> str | None:
    begun = grown = spoken = time.monotonic()
    size = 0
    while process.poll() is None:
        time.sleep(_LOOK_EVERY_S)
        now = time.monotonic()
        if (seen := _bytes_in(watch)) != size:
            size, grown = seen, now
        if now - begun > patience.total_s:
            return f"took longer than {patience.total_s:.0f} s"
        if patience.stall_s is not None and now - grown > patience.stall_s:
            return f"nothing arrived for {patience.stall_s:.0f} s"
        if now - spoken >= _PROGRESS_EVERY_S:
            spoken = now
            say(f"{label}: {now - begun:.0f} s" + (f", {size / 1e6:.0f} MB" if size else ""))
    return None


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # renamed while we look
            continue
    return total


def _last_words(output: IO[bytes], code: int) -> str:
    output.seek(0)
    lines = [line.strip() for line in output.read().decode(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-_TAIL_LINES:]) or f"ended with code {code}"
