"""`.env.example` is what the settings model says, and can be used as it stands."""

from pathlib import Path

from runtime.env_example import render
from runtime.settings import variables

EXAMPLE = Path(__file__).parents[3] / ".env.example"


def test_it_is_up_to_date():
    assert EXAMPLE.read_text() == render(), "run: make lock"


def test_every_setting_is_listed_once():
    listed = [line.split("=")[0].removeprefix("# ") for line in EXAMPLE.read_text().splitlines() if "=" in line]
    listed = [name for name in listed if name.isupper() and " " not in name]
    assert sorted(listed) == sorted(name for name, _ in variables())


def test_every_setting_says_what_it_is():
    assert [name for name, field in variables() if not field.description] == []
