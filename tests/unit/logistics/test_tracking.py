"""Numbers of parcels: vectors of the contract page, form, check digit, seals."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.tracking import (
    is_s10,
    is_seal,
    make_s10,
    make_seal,
    s10_check_digit,
)

SHARED = Path(__file__).parents[4] / "shared" / "vectors.json"


@pytest.mark.parametrize("number", ["EB000717618HK"])
def test_good_s10_of_the_vectors(number: str) -> None:
    assert is_s10(number)


@pytest.mark.parametrize(
    "number", ["EB900717618HK", "eb000717618hk", "EB000717618HK\n", "EB٠٠٠٧١٧٦١٨HK", "EB00071761HK", "B000717618HK"]
)
def test_bad_s10(number: str) -> None:
    assert not is_s10(number)


def test_vectors_in_the_shared_page_still_agree() -> None:
    if not SHARED.exists():  # the page lies beside the repository, and only there
        return
    numbers = json.loads(SHARED.read_text())["numbers"]
    assert all(is_s10(number) for number in numbers["s10"])
    assert not any(is_s10(number) for number in numbers["s10_bad"])


def test_remainders_ten_and_eleven_collapse() -> None:
    assert s10_check_digit("00000000") == "5"  # 11 - 0 = 11
    assert s10_check_digit("00000008") == "0"  # 8 * 7 = 56 = 1 mod 11, 11 - 1 = 10
    with pytest.raises(ValueError, match="eight"):
        s10_check_digit("1234567")


@given(st.integers(0, 99_999_999))
def test_what_we_make_is_good_and_another_check_digit_is_not(serial: int) -> None:
    number = make_s10("EB", serial)
    assert is_s10(number)
    wrong = number[:10] + str((int(number[10]) + 1) % 10) + number[11:]
    assert not is_s10(wrong)


@pytest.mark.parametrize(("service", "serial", "country"), [("E", 1, "CN"), ("EB", 100_000_000, "CN"), ("EB", 1, "cn")])
def test_parts_out_of_form(service: str, serial: int, country: str) -> None:
    with pytest.raises(ValueError, match=r"S10|capital"):
        make_s10(service, serial, country)


def test_seals() -> None:
    assert make_seal(1) == "YZ0000001"
    assert is_seal("YZ0000001")
    assert not is_seal("YZ1")
    with pytest.raises(ValueError, match="seal"):
        make_seal(0)
