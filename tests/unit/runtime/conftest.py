"""Settings that know nothing of this machine: no `.env`, no variables, a folder and ports of their own."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.ports import free_port
from runtime.server_binary import ServerBinary, find_server
from runtime.settings import Settings, load_settings, variables

_PORTS = ("port", "temporal_port", "temporal_ui_port", "sandbox_partners_port", "sandbox_couriers_port")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(**given: Any) -> Settings:
        ports = {name: free_port() for name in _PORTS}
        return load_settings(None, **{"sandbox": "1", "data_dir": tmp_path / "data", **ports, **given})

    return make


@pytest.fixture(scope="session")
def temporal_binary() -> ServerBinary:
    named = os.environ.get("TEMPORAL_BIN")
    return find_server(Path(named) if named else None, lambda line: print(line, file=sys.stderr))


@pytest.fixture
def only_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """An empty machine: nothing on the PATH but a shell, nothing in the cache. Returns how to put a script there."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "cat", "sleep", "mkdir", "cp", "chmod", "touch"):
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(name: str, script: str) -> Path:
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return put
