"""What no test notices: mutants that live are in `survivors.toml` with the reason, and no others live."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.mutation.mutants import mutants
from tests.mutation.running import FOLDER, modules

HOUSE = FOLDER.parents[1]
NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "node_modules", "var", "results")

Key = tuple[str, str, str]


def may_live() -> dict[str, dict[Key, str]]:
    """Module → mutant → why."""
    table = tomllib.loads((FOLDER / "survivors.toml").read_text())
    return {
        name: {(one.get("where", ""), one["was"], one["now"]): one["why"] for one in lines}
        for name, lines in table.items()
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What lived and what was tried, per module, by the tests of a copy of this tree."""
    copy, answer = tmp_path_factory.mktemp("copy") / "tree", tmp_path_factory.mktemp("answer") / "found.json"
    shutil.copytree(HOUSE, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    run = [sys.executable, "-m", "tests.mutation.running", str(answer)]
    subprocess.run(run, cwd=copy, check=True, env={**os.environ, "PYTHONPATH": str(copy)})
    return json.loads(answer.read_text())


@pytest.mark.soak
@pytest.mark.parametrize("module", [module.name for module in modules()])
def test_only_those_live_that_may(found, module):
    tried = {tuple(key) for key in found[module]["tried"]}
    lived = {tuple(key) for key in found[module]["survived"]}
    allowed = set(may_live().get(module, ()))
    assert sorted(lived - allowed) == [], "a test must notice these, or survivors.toml say why they may live"
    assert sorted((allowed & tried) - lived) == [], "these are noticed now: take them out of survivors.toml"


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_the_tables_speak_of_what_there_is(module):
    assert [test for test in module.tests if not (HOUSE / test).is_file()] == []
    known = {mutant.key for mutant in mutants((HOUSE / module.path).read_text())}
    assert sorted(set(may_live().get(module.name, ())) - known) == [], "no such mutant any more"


def test_a_survivor_is_one_of_a_module_of_the_table():
    assert set(may_live()) <= {module.name for module in modules()}
