"""What any process of ours writes is for our user alone: the real programs, started with the loosest umask."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import child
from runtime.embedded import embedded_server
from runtime.ports import free_port
from runtime.private_files import make_private, open_to_others
from tests.borders import nobodys_ports

ROOT = Path(__file__).parents[3]


@pytest.fixture
def loose():
    before = os.umask(0)
    yield
    os.umask(before)


def migrated(folder, **more):
    """What `kuayu migrate` says, as a program of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SANDBOX": "1", "DATA_DIR": str(folder)}
    environment |= {name.upper(): str(port) for name, port in nobodys_ports().items()} | {"PORT": str(free_port())}
    argv = [Path(sys.executable).with_name("kuayu"), "migrate"]
    ran = subprocess.run(argv, env=environment | more, cwd=folder.parent, check=True, capture_output=True, text=True)
    return ran.stdout


def modes(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def test_what_others_may_open_is_found_and_closed(tmp_path, loose):
    folder = tmp_path / "data"
    (folder / "documents" / "ab").mkdir(parents=True)
    (folder / "kuayu.db").write_text("x")
    (folder / "keys.json").touch(0o600)
    (folder / "link").symlink_to("kuayu.db")
    (folder / "run.sh").touch(0o755)
    found = {path.name for path in open_to_others(folder)}
    assert found == {"data", "documents", "ab", "kuayu.db", "run.sh"}
    assert [path.name for path in open_to_others(folder, at_most=1)] == ["data"]
    assert make_private(folder) == 5
    assert list(open_to_others(folder)) == []
    assert (folder / "run.sh").stat().st_mode & 0o777 == 0o700
    assert make_private(folder) == 0
    assert make_private(tmp_path / "nowhere") == 0


def test_a_command_makes_nothing_that_others_may_open(tmp_path, loose):
    folder = tmp_path / "data"
    migrated(folder, DEMO_USERS="1")
    assert {"kuayu.db", "keys.json"} <= set(modes(folder))
    assert list(open_to_others(folder)) == []


def test_what_was_open_is_closed_by_the_next_start(tmp_path, loose):
    folder = tmp_path / "data"
    for _ in range(2):
        said = migrated(folder)
        assert list(open_to_others(folder)) == []
        (folder / "kuayu.db").chmod(0o644)
    assert "files: 1 that others could open" in said


async def test_what_a_child_writes_is_private_whoever_starts_it(tmp_path, loose):
    script = f"open({str(tmp_path / 'file')!r}, 'w').close(); import os; os.mkdir({str(tmp_path / 'folder')!r})"
    process = await child.launch([sys.executable, "-c", script], env={}, log=tmp_path / "logs" / "child.log")
    assert await process.wait() == 0
    assert modes(tmp_path)["file"] == 0o600
    assert modes(tmp_path)["folder"] == 0o700


_STOPPED = """
import os, runpy, sys, uvicorn
sys.argv = sys.argv[1:]
uvicorn.run = lambda *_, **__: sys.exit(oct(os.umask(0)))
runpy.run_module(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(("program", "more"), [("sandbox.main", []), ("sandbox.couriers", ["--key", "k"])])
def test_the_played_programs_write_for_us_alone(program, more, loose):
    """Stopped when they would begin to serve: the mask stands by then."""
    argv = [sys.executable, "-c", _STOPPED, program, "--port", "1", *more]
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stderr.strip().splitlines()[-1] == "0o77"


@pytest.mark.temporal
async def test_the_embedded_servers_files_are_private(make_settings, temporal_binary, loose):
    settings = make_settings(temporal_bin=temporal_binary.path)
    async with embedded_server(settings, print, temporal_binary):
        found = modes(settings.data_dir)
    assert any(name.startswith("temporal.db") for name in found)
    assert {name for name, mode in found.items() if name.startswith("temporal.db") and mode & 0o077} == set()
