"""Keys from the environment, a file of ours alone, or a program: whatever is wrong is one sentence without a key."""

import base64
import os
import time
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from runtime import key_sources
from runtime.settings import MisspeltSetting, load_settings, misspelt, secrets
from storage.ciphers import Algorithm
from tests.unit.runtime.test_settings import REAL

KEY, OTHER = (base64.b64encode(letter * 32).decode() for letter in (b"f", b"g"))
SM4 = base64.b64encode(b"m" * 16).decode()


@pytest.fixture
def real(monkeypatch, tmp_path):
    for name, value in {**REAL, "DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SEAL_KEYS")


@pytest.fixture
def keys_file(tmp_path):
    path = tmp_path / "my keys"
    path.write_text(f"# of this hall\ns2:{KEY}\ns1:sm4:{SM4}\n\n")
    path.chmod(0o600)
    return path


def kids(settings):
    return [key.kid for key in settings.seal_keys.keys]


def refused():
    with pytest.raises(Misconfigured) as fault:
        load_settings(None)
    sentence = fault.value.sentence
    assert "\n" not in sentence and KEY not in sentence and SM4 not in sentence
    return sentence


def test_a_file_of_ours_alone(real, monkeypatch, keys_file):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    settings = load_settings(None)
    assert kids(settings) == ["s2", "s1"]
    assert [key.algorithm for key in settings.seal_keys.keys] == [Algorithm.AES, Algorithm.SM4]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_open_is_refused_with_the_command_that_mends_it(real, monkeypatch, keys_file, mode):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    keys_file.chmod(mode)
    assert refused() == f"SEAL_KEYS_FILE: others may read {keys_file}; run: chmod 600 '{keys_file}'"
    os.system(refused().rpartition("run: ")[2])  # noqa: S605
    assert kids(load_settings(None)) == ["s2", "s1"]


def test_a_file_of_somebody_else_is_refused(real, monkeypatch, keys_file):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    monkeypatch.setattr(key_sources.os, "geteuid", lambda: 4711)
    assert refused() == f"SEAL_KEYS_FILE: {keys_file} is not ours; run: chown 4711 '{keys_file}'"


def test_a_file_that_is_not_there_or_holds_no_key(real, monkeypatch, tmp_path, keys_file):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(tmp_path / "none"))
    assert "No such file" in refused()
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    keys_file.write_text("# nothing yet\n")
    assert refused() == "SEAL_KEYS_FILE: there is no SEAL_KEYS in what it gives"
    keys_file.write_text(f"CODEC_KEYS=c1:{KEY}\n")
    assert refused() == "SEAL_KEYS_FILE: there is no SEAL_KEYS in what it gives"
    keys_file.write_bytes(b"\xff\xfe")
    assert refused() == f"SEAL_KEYS_FILE: {keys_file} can't be read: not a text"


def test_one_file_may_hold_several_by_name(real, monkeypatch, keys_file):
    keys_file.write_text(f"CODEC_KEYS=c9:{OTHER}\nexport SEAL_KEYS='s9:{KEY}'\nSICHUAN_OUR_KEYS=fresh\n")
    monkeypatch.delenv("CODEC_KEYS")
    monkeypatch.delenv("SICHUAN_OUR_KEYS")
    for name in ("SEAL_KEYS", "CODEC_KEYS", "SICHUAN_OUR_KEYS"):
        monkeypatch.setenv(f"{name}_FILE", str(keys_file))
    settings = load_settings(None)
    assert (kids(settings), settings.codec_keys.current.kid) == (["s9"], "c9")
    assert settings.sichuan.our_keys[0].text.get_secret_value() == "fresh"


def test_env_file_and_environment_the_nearer_place_counts(real, monkeypatch, keys_file, tmp_path):
    env = tmp_path / ".env"
    env.write_text(f"SEAL_KEYS_FILE='{keys_file}'\n")
    assert kids(load_settings(env)) == ["s2", "s1"]
    monkeypatch.setenv("SEAL_KEYS", f"s7:{OTHER}")
    assert kids(load_settings(env)) == ["s7"]
    monkeypatch.delenv("SEAL_KEYS")
    env.write_text(f"SEAL_KEYS=s7:{OTHER}\n")
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    assert kids(load_settings(env)) == ["s2", "s1"]


def test_twice_in_one_place_is_refused(real, monkeypatch, keys_file):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    monkeypatch.setenv("SEAL_KEYS", f"s7:{OTHER}")
    assert refused() == "SEAL_KEYS: set only one of SEAL_KEYS, SEAL_KEYS_FILE and SEAL_KEYS_COMMAND"


def test_a_program_is_asked_once(real, monkeypatch, tmp_path):
    asked = tmp_path / "asked"
    program = tmp_path / "kms"
    program.write_text(f"#!/bin/sh\necho x >> '{asked}'\necho 'SEAL_KEYS=s5:{KEY}'\necho 'CODEC_KEYS=c5:{OTHER}'\n")
    program.chmod(0o700)
    monkeypatch.delenv("CODEC_KEYS")
    for name in ("SEAL_KEYS", "CODEC_KEYS"):
        monkeypatch.setenv(f"{name}_COMMAND", f"'{program}' --of kuayu")
    for _ in range(2):
        settings = load_settings(None)
        assert (kids(settings), settings.codec_keys.current.kid) == (["s5"], "c5")
    assert asked.read_text() == "x\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh -c 'echo s1:{key}; echo {key} >&2; exit 3'", "the program ended with 3; run it by hand to see why"),
        ("/nowhere/kms {key}", "the program can't be run: No such file or directory"),
        ("sh -c 'unclosed {key}", "the program can't be run: not a command line"),
        ("true", "there is no SEAL_KEYS in what it gives"),
        ("printf '\\377'", "what the program says is not a text"),
    ],
)
def test_a_program_that_fails_is_told_without_its_words(real, monkeypatch, capfd, command, said):
    monkeypatch.setenv("SEAL_KEYS_COMMAND", command.format(key=KEY))
    assert refused() == f"SEAL_KEYS_COMMAND: {said}"
    shown = capfd.readouterr()
    assert KEY not in shown.out + shown.err


def test_a_program_that_hangs_is_ended_with_what_it_started(real, monkeypatch, tmp_path):
    monkeypatch.setattr(key_sources, "COMMAND_S", 0.5)
    note = tmp_path / "child"
    monkeypatch.setenv("SEAL_KEYS_COMMAND", f"sh -c 'sleep 600 & echo $! > {note}; wait'")
    began = time.monotonic()
    assert refused() == "SEAL_KEYS_COMMAND: the program said nothing within 0.5 s"
    assert time.monotonic() - began < 10
    child = int(note.read_text())
    ends = time.monotonic() + 10
    while _lives(child):
        assert time.monotonic() < ends, "its child lives on"


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_wrong_keys_of_a_file_are_named_and_never_shown(real, monkeypatch, keys_file):
    keys_file.write_text("s1:c2VjcmV0\n")
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    with pytest.raises(Misconfigured) as fault:
        load_settings(None)
    assert "  SEAL_KEYS: " in fault.value.sentence
    assert "c2VjcmV0" not in fault.value.sentence


def test_every_secret_has_these_sources():
    names = set(secrets())
    assert {"SEAL_KEYS", "CODEC_KEYS", "MARK_KEYS", "LABEL_KEY", "COURIER_KEY", "SMS_RECEIPT_KEY"} <= names
    assert {"SOUTHWEST_OUR_CERTS", "INTERPROVINCIAL_TOKEN", "DOCUMENTS_S3_SECRET_KEY"} <= names
    assert "DATA_DIR" not in names and "SICHUAN_BASE_URL" not in names
    assert secrets()["DOCUMENTS_S3_SECRET_KEY"] == ("documents", "s3_secret_key")


def test_their_names_are_no_misspelling(real, monkeypatch, keys_file, recwarn):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    load_settings(None)
    assert not [one for one in recwarn if issubclass(one.category, MisspeltSetting)]
    assert misspelt(["SEAL_KEY_FILE"]) == [("SEAL_KEY_FILE", "SEAL_KEYS_FILE")]


def test_marks_need_a_root(real, monkeypatch, keys_file):
    monkeypatch.setenv("SEAL_KEYS_FILE", str(keys_file))
    monkeypatch.setenv("MARK_KEYS", f"faces:{KEY}")
    with pytest.raises(Misconfigured, match="MARK_KEYS has no key named root"):
        load_settings(None)
