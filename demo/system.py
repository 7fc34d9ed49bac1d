"""The whole system on a throw-away data folder, as `make run` starts it, on ports of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.ports import free_port

READY_WITHIN_S = 600.0  # the first start on a machine may build the Temporal server
STOP_WITHIN_S = 30.0
PORTS = ("PORT", "SANDBOX_PARTNERS_PORT", "SANDBOX_COURIERS_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT")

Say = Callable[[str], None]


@dataclass
class System:
    """Where everything listens."""

    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self.environment[port]}"

    @property
    def kuayu(self) -> str:
        return self.url("PORT")

    @property
    def partners(self) -> str:
        return self.url("SANDBOX_PARTNERS_PORT")

    @property
    def couriers(self) -> str:
        return self.url("SANDBOX_COURIERS_PORT")


class NotReady(Exception):
    """The system did not come up; the text says what it printed."""


@contextmanager
def running(time_scale: float, say: Say, settings: Mapping[str, str] | None = None) -> Iterator[System]:
    """Start, wait until ready, and stop and forget everything at the end, also when asked to stop by SIGTERM.

    `settings`: as of `start`.
    """
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="kuayu-demo-"))
    try:
        system = start(folder, time_scale, settings=settings)
        try:
            wait_ready(system, say)
            yield system
        finally:
            stop(system)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


NO_RATES: Final = {"EDGE_ADDRESS_PER_S": "0", "EDGE_ACCOUNT_PER_S": "0", "EDGE_PARTNER_PER_S": "0"}
"""One driver plays a whole hall, from one address."""


def start(
    folder: Path, time_scale: float, ports: dict[str, str] | None = None, settings: Mapping[str, str] | None = None
) -> System:
    """Start `kuayu up` on `folder`; the same folder and ports again go on with every open case.

    `settings`: variables beside those that a demo has anyway.
    """
    fresh = ports or dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SICHUAN_", "SOUTHWEST_"))},
        "DATABASE_URL": os.environ.get("DEMO_DATABASE_URL", ""),
        **NO_RATES,
        **(settings or {}),
        **fresh,
        "DATA_DIR": str(folder / "data"),
        "SANDBOX": "1",
        "DEMO_USERS": "1",
        "TIME_SCALE": str(time_scale),
    }
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("kuayu")), "up"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return System(folder / "data", environment, process)


def wait_ready(system: System, say: Say) -> None:
    """Until it says `ready`."""
    said = []
    deadline = time.monotonic() + READY_WITHIN_S
    for line in system.process.stdout or ():
        said.append(line.rstrip())
        say(f"  {line.rstrip()}")
        if line.startswith("ready "):
            return
        if time.monotonic() > deadline:
            break
    raise NotReady("\n".join(said[-20:]))


def stop(system: System) -> None:
    """Ask it to stop; after half a minute do not ask any more."""
    if system.process.poll() is None:
        system.process.send_signal(signal.SIGTERM)
        try:
            system.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(system.process.pid, signal.SIGKILL)
            system.process.wait()
    if system.process.stdout is not None:
        system.process.stdout.close()


def _end(*_: object) -> None:
    """Leave through the context managers: what was started is stopped."""
    sys.exit(143)


def free_ports(count: int) -> list[str]:
    """Ports that are free, and kept for us while this process lives."""
    return [str(free_port()) for _ in range(count)]
