"""Codes as scanners and input methods give them; the device's own reading is tried on the same (tests/web)."""

import json
from pathlib import Path

import pytest

from logistics.scanned_code import clean, number_of

CODES = json.loads((Path(__file__).parents[2] / "vectors" / "scanned_codes.json").read_text("utf-8"))


@pytest.mark.parametrize("one", CODES, ids=[repr(one["given"]) for one in CODES])
def test_the_number_of_a_code(one: dict[str, str]) -> None:
    assert number_of(one["given"]) == one["number"]


def test_a_label_keeps_the_small_letters_of_its_seal() -> None:
    assert clean(" YZ1|EB000717618HK|PICKUP|0a1b2c3d\r") == "YZ1|EB000717618HK|PICKUP|0a1b2c3d"
