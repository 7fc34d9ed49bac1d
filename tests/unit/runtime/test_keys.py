import base64
from datetime import UTC, date, datetime
from multiprocessing.pool import ThreadPool

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.errors import Misconfigured
from runtime.key_files import renew, sandbox_keys, write_new
from runtime.key_making import fresh_key, fresh_rings, is_waiting, made_at
from runtime.keys import DatedKeys, KeyRing, active_keys
from storage.ciphers import Algorithm, Key

DATED = TypeAdapter(DatedKeys)
SM4 = base64.b64encode(b"m" * 16).decode()
A, B = (base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))


def test_the_first_key_is_for_everything_new_and_all_are_found():
    ring = KeyRing.model_validate(f"new:{A}, old:{B}")
    assert ring.current.kid == "new"
    old = ring.find("old")
    assert old
    assert old.secret.get_secret_value() == b"b" * 32
    assert ring.find("other") is None
    assert KeyRing.model_validate(ring.dump()) == ring


def test_a_key_says_how_it_encrypts():
    ring = KeyRing.model_validate(f"new:sm4:{SM4}, old:{A}")
    assert ring.by_kid() == {"new": Key(b"m" * 16, Algorithm.SM4), "old": Key(b"a" * 32, Algorithm.AES)}
    assert ring.dump() == f"new:sm4:{SM4},old:{A}"
    assert KeyRing.model_validate(ring.dump()) == ring


@pytest.mark.parametrize(
    "wrong",
    ["", "k", f":{A}", "k:", "k:????", "k:YWJj", f"k:{A},k:{B}", f"k:sm4:{A}", f"k:{SM4}", f"k:des:{SM4}", "k:sm4:"],
)
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


def test_fresh_keys_say_what_for_and_since_when():
    at = datetime(2026, 11, 30, 6, 27, 59, tzinfo=UTC)
    rings = fresh_rings(at, Algorithm.SM4)
    assert list(rings) == ["CODEC_KEYS", "SEAL_KEYS", "MARK_KEYS"]
    sealing = rings["SEAL_KEYS"].current
    assert (sealing.kid[:18], made_at(sealing.kid), sealing.algorithm) == ("s-20261130-062759-", at, Algorithm.SM4)
    assert rings["CODEC_KEYS"].current.kid.startswith("c-20261130-062759-")
    assert rings["MARK_KEYS"].find("root").algorithm is Algorithm.AES
    assert fresh_key("SEAL_KEYS", at) != fresh_key("SEAL_KEYS", at)
    assert [made_at(kid) for kid in ("s1", "root", "s-20261399-000000-aaaa", "s-20261130-000000-AAAA")] == [None] * 4
    older, younger = (fresh_key("SEAL_KEYS", at.replace(hour=hour)).kid for hour in (1, 2))
    assert is_waiting(younger, older) and is_waiting(younger, "s1")
    assert not is_waiting(older, younger) and not is_waiting(older, older) and not is_waiting("s1", older)


def test_a_new_file_is_ours_alone_and_never_over_another(tmp_path):
    path = tmp_path / "keys"
    write_new(path, "SEAL_KEYS=x\n")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Misconfigured, match="never overwritten"):
        write_new(path, "SEAL_KEYS=y\n")
    with pytest.raises(Misconfigured, match="can't be written"):
        write_new(tmp_path / "nowhere" / "keys", "x")
    assert path.read_text() == "SEAL_KEYS=x\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        (
            "# ours\nCODEC_KEYS=c\nSEAL_KEYS=old\n",
            {"SEAL_KEYS": "new,old"},
            "# ours\nCODEC_KEYS=c\nSEAL_KEYS=new,old\n",
        ),
        ("export SEAL_KEYS=old\n", {"SEAL_KEYS": "new", "MARK_KEYS": "m"}, "SEAL_KEYS=new\nMARK_KEYS=m\n"),
        ("CODEC_KEYS=c\n", {"MARK_KEYS": "m"}, "CODEC_KEYS=c\nMARK_KEYS=m\n"),
        ("# ours\nold\n", {"SEAL_KEYS": "new,old"}, "# ours\nnew\nold\n"),
        ('{"SEAL_KEYS": "old", "CODEC_KEYS": "c"}', {"SEAL_KEYS": "n"}, '{"SEAL_KEYS": "n", "CODEC_KEYS": "c"}'),
    ],
    ids=["lines", "export", "more", "bare", "json"],
)
def test_a_file_is_renewed_and_keeps_the_rest(tmp_path, before, values, after):
    path = tmp_path / "keys"
    path.write_text(before)
    renew(path, values)
    assert path.read_text() == after
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_with_one_list_takes_no_second(tmp_path):
    path = tmp_path / "keys"
    path.write_text("old\n")
    with pytest.raises(Misconfigured, match="one list"):
        renew(path, {"SEAL_KEYS": "new,old", "MARK_KEYS": "m"})
    assert path.read_text() == "old\n"


def test_a_folder_from_before_there_were_marks_keeps_its_keys(tmp_path):
    (tmp_path / "keys.json").write_text(f'{{"CODEC_KEYS": "c1:{A}", "SEAL_KEYS": "s1:{B}"}}')
    assert sandbox_keys(tmp_path) == {"CODEC_KEYS": f"c1:{A}", "SEAL_KEYS": f"s1:{B}"}
    assert set(sandbox_keys(tmp_path / "new")) == {"CODEC_KEYS", "SEAL_KEYS", "MARK_KEYS"}
