"""A network's adapter taken away breaks only that network's own tests: shown on a copy of the tree without it.

Its own are the tests that bear its name: in the file's path, or as the parameter of a suite over all networks.
"""

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from domain.terms import Partner

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "results")
SHALL_RUN = (
    "tests/unit/activities/test_commands.py",
    "tests/unit/cli/test_inbox.py",
    "tests/unit/runtime/test_jobs.py",
    "tests/web/test_others_http.py",
)


FIRST, *OTHERS = Partner
ONE_IN_TEST = [FIRST, *(pytest.param(partner, marks=pytest.mark.soak) for partner in OTHERS)]
"""All three take minutes, and the import rules hold them apart in `make check`."""


@pytest.fixture(scope="module", params=ONE_IN_TEST)
def without(request, tmp_path_factory):
    """(network, tree, python): a copy of ours without one adapter, and an interpreter that sees no other tree."""
    tree = tmp_path_factory.mktemp(f"no-{request.param}") / "kuayu"
    shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
    shutil.rmtree(tree / "partners" / request.param)
    home = tree / ".venv"
    venv.create(home, symlinks=True)
    (site,) = home.glob("lib/python3*/site-packages")
    # Our libraries, but not the link to our own tree: a .pth file in a folder named by another is not read.
    (site / "tree.pth").write_text(f"{tree}\n{sysconfig.get_path('purelib')}\n")
    return request.param, tree, home / "bin" / "python"


def pytest_in(tree: Path, python: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *args]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    return subprocess.run(command, cwd=tree, env=own, capture_output=True, text=True, timeout=900, check=False)


def test_every_other_test_still_imports(without):
    partner, tree, python = without
    done = pytest_in(tree, python, "--collect-only")
    broken = re.findall(r"^ERROR (\S+)", done.stdout, re.MULTILINE)
    assert broken, done.stdout[-2000:]  # its own are broken indeed: it is gone
    assert [path for path in broken if partner not in path] == []
    assert re.search(r"[0-9]{3,} tests collected", done.stdout)


def test_the_rest_works_without_it(without):
    partner, tree, python = without
    done = pytest_in(tree, python, f"--ignore-glob=*{partner}*.py", "-k", f"not {partner}", *SHALL_RUN)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"[0-9]{2,} passed", done.stdout)
