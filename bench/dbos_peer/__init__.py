"""DBOS with the life cycle of an online case and nothing in its steps, on the same PostgreSQL.

It lives in an environment of its own, installed from `requirements.lock` into the cache: the product needs none of it.
`worker.py` and `driver.py` are run by that environment's Python, each as a process.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Misconfigured
from runtime.fetching import Say, cache_dir, fetching_alone

VERSION = "3.4.0"
_HERE = Path(__file__).parent
_WITHIN_S = 600


def environment(say: Say) -> Path:
    """The Python of the environment, made if this machine has not got it.

    Raises:
        Misconfigured: its packages can't be installed.
    """
    folder = cache_dir() / f"dbos-{VERSION}"
    python = folder / "bin" / "python"
    if (folder / "done").exists():
        return python
    with fetching_alone(say):
        if not (folder / "done").exists():
            say(f"installing DBOS {VERSION}, once for this machine")
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            _run([sys.executable, "-m", "venv", "--clear", str(folder)])
            _run([*pip, "--require-hashes", "-r", str(_HERE / "requirements.lock")])
            (folder / "done").touch()
    return python


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    if done.returncode != 0:
        raise Misconfigured(f"DBOS could not be installed: {done.stdout[-300:]}{done.stderr[-300:]}")


class Peer:
    """Tells the driver what to do, and hears how long it took."""

    def __init__(self, driver: subprocess.Popen[str]) -> None:
        self._driver = driver

    def pass_of(self, cases: int, at_once: int) -> list[tuple[float, float]]:
        """Seconds until each was started and until it was over, at most `at_once` at a time.

        Raises:
            RuntimeError: the driver has ended.
        """
        return [(started, whole) for started, whole in json.loads(_said(self._driver, f"{cases} {at_once}\n"))]


@contextmanager
def dbos(database_url: str, say: Say) -> Iterator[Peer]:
    """A worker and a driver on this empty database, ready; both children of this process."""
    python = environment(say)
    with _program(python, "worker.py", database_url), _program(python, "driver.py", database_url) as driver:
        yield Peer(driver)


@contextmanager
def _program(python: Path, name: str, database_url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [str(python), str(_HERE / name)],
        env={**os.environ, "BENCH_DATABASE_URL": database_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _said(process)  # that it is ready
        yield process
    finally:
        process.terminate()
        process.wait(20)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _said(process: subprocess.Popen[str], word: str = "") -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(word)
    process.stdin.flush()
    if line := process.stdout.readline():
        return line
    raise RuntimeError(f"{process.args} has ended with code {process.wait(20)}")
