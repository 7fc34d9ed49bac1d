"""The make targets of interfaces.md, and how the environment is made."""

import os
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[3]
PROMISED = ("run", "demo", "test", "soak", "check", "bench")


@pytest.mark.parametrize("target", PROMISED)
def test_promised_targets_can_be_made(target):
    plan = subprocess.run(["make", "--dry-run", target], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert plan.returncode == 0, plan.stderr


def test_ci_runs_check_and_test():
    ci = HOUSE / ".ci" / "run"
    assert os.access(ci, os.X_OK)
    assert [line for line in ci.read_text().splitlines() if line.startswith("make ")] == ["make check", "make test"]


def _python_that_says(folder: Path, name: str, version: str) -> None:
    """A stand-in interpreter: it passes or fails the version question as that version would."""
    new_enough = tuple(map(int, version.split("."))) >= (3, 11)
    program = folder / name
    program.write_text(f"#!/bin/sh\nexit {0 if new_enough else 1}\n")
    program.chmod(0o755)


def _find_python(path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    script = HOUSE / "deploy" / "find-python.sh"
    return subprocess.run(
        ["/bin/sh", script], env={"PATH": str(path), **env}, capture_output=True, text=True, check=False
    )


def test_an_old_python3_is_passed_over_for_a_newer_one(tmp_path):
    _python_that_says(tmp_path, "python3", "3.9")
    _python_that_says(tmp_path, "python3.12", "3.12")
    assert _find_python(tmp_path).stdout.strip() == str(tmp_path / "python3.12")


def test_a_version_managers_stand_in_that_does_not_run_is_passed_over(tmp_path):
    _python_that_says(tmp_path, "python3.11", "3.0")
    _python_that_says(tmp_path, "python3", "3.13")
    assert _find_python(tmp_path).stdout.strip() == str(tmp_path / "python3")


def test_the_one_that_was_named_comes_first(tmp_path):
    _python_that_says(tmp_path, "python3.11", "3.11")
    _python_that_says(tmp_path, "mine", "3.12")
    assert _find_python(tmp_path, PYTHON="mine").stdout.strip() == str(tmp_path / "mine")


def test_without_a_python_it_says_what_to_do(tmp_path):
    _python_that_says(tmp_path, "python3", "3.9")
    found = _find_python(tmp_path)
    assert found.returncode == 1
    assert "Python 3.11" in found.stderr
    assert "apt-get install" in found.stderr


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/requirements.lock"])
def test_lock_files_install_from_any_mirror_and_hold_hashes(lock):
    lines = (HOUSE / lock).read_text().splitlines()
    pinned = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert pinned
    assert all("--hash=sha256:" in lines[number + 1] for number in pinned)
    assert not [line for line in lines if "://" in line or line.startswith("--index")]
