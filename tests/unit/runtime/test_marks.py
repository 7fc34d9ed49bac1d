"""What is derived stays what it was, whichever keys that seal come and go."""

import base64
import hmac
from datetime import UTC, datetime

import pytest

from runtime.container import (
    agent_key,
    audit_trail,
    face_key,
    label_key,
    label_keys,
    matter_key,
    result_key,
    tries_key,
    verification_key,
)
from runtime.key_rotation import rotated
from runtime.keys import KeyRing
from runtime.marks import Mark, head_seeds, mark_key, marks_kept
from runtime.settings import load_settings
from storage.audit.heads import HeadSigner
from storage.ciphers import Algorithm

OLD, NEW = (f"{letter}:{base64.b64encode(letter.encode() * 32).decode()}" for letter in "on")
NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """An installation from before there were MARK_KEYS."""
    monkeypatch.setenv("SEAL_KEYS", OLD)
    made = load_settings(None, sandbox="1", data_dir=tmp_path)
    return made.model_copy(update={"mark_keys": None})


def with_keys(settings, seal, marks=None):
    rings = {"seal_keys": KeyRing.model_validate(seal), "mark_keys": marks}
    return settings.model_copy(update=rings)


def derived(settings):
    keys = (agent_key, face_key, label_key, matter_key, result_key, tries_key, verification_key)
    return [key(settings) for key in keys] + [mark_key(settings, mark) for mark in Mark]


def test_a_key_in_front_changes_nothing(settings):
    assert derived(with_keys(settings, f"{NEW},{OLD}")) == derived(settings)
    assert len(set(derived(settings))) == len(Mark)


def test_the_values_from_before_are_those_of_earlier_versions(settings):
    assert face_key(settings) == hmac.digest(b"o" * 32, b"kuayu faces", "sha256")
    assert label_keys(settings) == (hmac.digest(b"o" * 32, b"kuayu label codes", "sha256"),)


def test_the_oldest_key_may_go_once_marks_are_kept(settings):
    before = derived(settings)
    marks = marks_kept(settings)
    assert derived(with_keys(settings, NEW)) != before, "else this would prove nothing"
    assert derived(with_keys(settings, NEW, marks)) == before
    assert KeyRing.model_validate(marks.dump()) == marks


def test_with_a_root_alone_each_purpose_has_its_own(settings):
    root = KeyRing.model_validate("root:" + base64.b64encode(b"r" * 32).decode())
    made = with_keys(settings, OLD, root)
    assert len({mark_key(made, mark) for mark in Mark}) == len(Mark)
    assert derived(with_keys(settings, NEW, root)) == derived(made)
    assert derived(made) != derived(settings)


def test_heads_that_a_key_has_signed_stay_good_when_it_is_gone(settings):
    head = HeadSigner(head_seeds(settings)).sign(7, "ab", NOW)
    assert head.kid == "o"
    gone = with_keys(settings, NEW, marks_kept(settings))
    assert HeadSigner(head_seeds(gone)).holds(head)
    assert HeadSigner(head_seeds(gone)).sign(8, "cd", NOW).kid.startswith("m-")
    assert not HeadSigner(head_seeds(with_keys(settings, NEW))).knows(head)
    assert audit_trail(gone).signer.holds(head)


def test_what_the_root_has_signed_stays_good_too(settings):
    marks = marks_kept(settings)
    head = HeadSigner(head_seeds(with_keys(settings, OLD, marks))).sign(7, "ab", NOW)
    assert HeadSigner(head_seeds(with_keys(settings, NEW, marks))).holds(head)
    assert not HeadSigner(head_seeds(with_keys(settings, NEW, marks_kept(settings)))).knows(head)


def test_rotation_brings_the_marks_along_once(settings):
    first = rotated(settings, ["SEAL_KEYS", "CODEC_KEYS"], NOW, Algorithm.SM4)
    assert [key.algorithm for key in first["SEAL_KEYS"].keys] == [Algorithm.SM4, Algorithm.AES]
    assert first["SEAL_KEYS"].keys[1:] == settings.seal_keys.keys
    assert first["CODEC_KEYS"].keys[1:] == settings.codec_keys.keys
    assert derived(with_keys(settings, first["SEAL_KEYS"].dump().split(",")[0], first["MARK_KEYS"])) == derived(
        settings
    )
    again = rotated(with_keys(settings, OLD, first["MARK_KEYS"]), ["SEAL_KEYS"], NOW, Algorithm.AES, behind=True)
    assert list(again) == ["SEAL_KEYS"]
    assert again["SEAL_KEYS"].current == settings.seal_keys.current
    assert "MARK_KEYS" not in rotated(settings, ["CODEC_KEYS"], NOW, Algorithm.AES)
