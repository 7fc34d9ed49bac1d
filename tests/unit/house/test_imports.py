"""The import rules cover every package of ours."""

import ast
import configparser
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[3]
NOT_PRODUCT = {"tests", "bench", "docs", "deploy"}


def test_every_package_is_under_the_rules():
    rules = configparser.ConfigParser()
    rules.read(HOUSE / ".importlinter")
    covered = set(rules["importlinter"]["root_packages"].split())
    ours = {path.parent.name for path in HOUSE.glob("*/__init__.py")} - NOT_PRODUCT
    assert covered == ours


def test_every_package_but_the_sandbox_has_a_layer():
    rules = configparser.ConfigParser()
    rules.read(HOUSE / ".importlinter")
    layers = set(rules["importlinter:contract:layers"]["layers"].replace("|", " ").split())
    assert layers | {"sandbox"} == set(rules["importlinter"]["root_packages"].split())


@pytest.mark.parametrize("page", sorted((HOUSE / "workflows").glob("*.py")), ids=lambda page: page.stem)
def test_no_workflow_asks_the_machine_for_the_time(page):
    """Workers run without the sandbox (decisions.md 27); `workflow.now()` is the only clock."""
    asked = [node for node in ast.walk(ast.parse(page.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
    clocks = {"now", "utcnow", "today", "fromtimestamp"}
    names = [f"{ast.unparse(node.value)}.{node.attr}" for node in asked if node.attr in clocks]
    assert set(names) <= {"workflow.now"}
