"""The import rules cover every package of ours."""

import configparser
from pathlib import Path

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
