import base64
from datetime import date
from multiprocessing.pool import ThreadPool

import pytest
from pydantic import TypeAdapter, ValidationError

from runtime.keys import DatedKeys, KeyRing, active_keys, sandbox_keys

DATED = TypeAdapter(DatedKeys)
A, B = (base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))


def test_the_first_key_is_for_everything_new_and_all_are_found():
    ring = KeyRing.model_validate(f"new:{A}, old:{B}")
    assert ring.current.kid == "new"
    old = ring.find("old")
    assert old
    assert old.secret.get_secret_value() == b"b" * 32
    assert ring.find("other") is None
    assert KeyRing.model_validate(ring.dump()) == ring


@pytest.mark.parametrize("wrong", ["", "k", f":{A}", "k:", "k:????", "k:YWJj", f"k:{A},k:{B}"])
def test_a_ring_that_could_lose_data_is_refused(wrong):
    with pytest.raises(ValidationError):
        KeyRing.model_validate(wrong)


def test_keys_count_on_their_days_ends_included():
    keys = DATED.validate_python("old@/2026-03-31, new@2026-03-01/")
    assert active_keys(keys, date(2026, 2, 28)) == ("old",)
    assert active_keys(keys, date(2026, 3, 1)) == ("new", "old")
    assert active_keys(keys, date(2026, 3, 31)) == ("new", "old")
    assert active_keys(keys, date(2026, 4, 1)) == ("new",)


def test_two_keys_at_a_time_and_a_third_one_later():
    text = "a@/2026-01-31,b@2026-01-01/2026-02-28,c@2026-02-01/"
    assert len(DATED.validate_python(text)) == 3
    with pytest.raises(ValidationError, match="at most 2"):
        DATED.validate_python(text.replace("c@2026-02-01", "c@2026-01-31"))


@pytest.mark.parametrize("wrong", ["", "a@2026-01-01", "a@x/y", "a@2026-02-01/2026-01-01", "密钥"])
def test_wrong_dated_keys_are_refused(wrong):
    with pytest.raises(ValidationError):
        DATED.validate_python(wrong)


def test_processes_that_start_together_agree_on_the_keys(tmp_path):
    with ThreadPool(8) as pool:
        rings = pool.map(sandbox_keys, [tmp_path / "data"] * 8)
    assert all(ring == rings[0] for ring in rings)
