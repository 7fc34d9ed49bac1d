"""The web process alone, as it is in production; Temporal is away."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from cli.migration import run_migration
from runtime.settings import load_settings
from tests.borders import nobodys_ports, nowhere


@contextmanager
def web_alone(folder, ready="/readyz", **more):
    """On a database of its own in `folder`: (base URL, process). `more`: settings as the environment has them.

    `ready`: what answers 200 as soon as it serves.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "PYTHONPATH")}
    environment = kept | {
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "SANDBOX": "1",
        "DEMO_USERS": "1",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{nowhere()}",
        **{name.upper(): str(port) for name, port in nobodys_ports().items()},
        **more,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        list(run_migration(load_settings(None)))
    program = [str(Path(sys.executable).with_name("kuayu")), "web"]
    process = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        _until_ready(base, process, ready)
        yield base, process
    finally:
        process.terminate()
        process.wait(20)


def _until_ready(base, process, path):
    ends = time.monotonic() + 60
    while True:
        try:
            if requests.get(f"{base}{path}", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < ends, "the web process does not start"
            time.sleep(0.1)
