"""Which system runs on a data folder right now: one at a time, and others on this machine can join it.

A lock, not a process number, says whether it runs: the kernel frees it with the process, however that ends.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Misconfigured

_PID_FILE = "up.pid"
_ENV_FILE = "up.env"


@contextmanager
def claimed(data_dir: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Hold the data folder while the block runs.

    `environment`: variables that commands beside the running system shall use; kept in `up.env` (mode 0600), removed
    at the end.

    Raises:
        Misconfigured: another process holds the folder; the sentence has its number.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / _PID_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Misconfigured(
                f"Kuayu already runs on {data_dir} (process {file.read().strip() or 'unknown'}); "
                "stop it first or set another DATA_DIR"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        _write_private(data_dir / _ENV_FILE, environment)
        try:
            yield
        finally:
            (data_dir / _ENV_FILE).unlink(missing_ok=True)


def running_settings(data_dir: Path) -> Path | None:
    """The file `up.env` of the system that runs on `data_dir` now; None where none runs."""
    pid_file, env_file = data_dir / _PID_FILE, data_dir / _ENV_FILE
    if not pid_file.exists() or not env_file.exists():
        return None
    with pid_file.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return env_file
    return None


def _write_private(path: Path, environment: Mapping[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value!r}\n" for name, value in environment.items())
