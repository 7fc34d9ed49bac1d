"""Keys that this project has printed are the sandbox's: outside it nothing starts with one (演示密钥)."""

import pytest

from domain.errors import Misconfigured
from runtime.partner_settings import sandbox_defaults
from runtime.settings import load_settings, secrets
from tests.unit.runtime.test_settings import REAL

PLAYED = {
    f"{group}_{member}".upper(): value
    for group, members in sandbox_defaults(8010, 8011).items()
    for member, value in members.items()
}
PRINTED = sorted(set(PLAYED) & set(secrets()))
BESIDE = {
    "SMS_KEY": {"SMS_BASE_URL": "https://sms.example", "SMS_ACCOUNT": "us"},
    "LICENCES_KEY": {"LICENCES_BASE_URL": "https://licences.example", "LICENCES_APP": "us"},
}


@pytest.fixture
def real(monkeypatch, tmp_path):
    for name, value in {**REAL, "DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def test_every_secret_that_is_printed_is_tried_here():
    assert len(PRINTED) == 10


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_key_is_refused_outside_the_sandbox_and_named_without_it(real, monkeypatch, name):
    for other, value in BESIDE.get(name, {}).items():
        monkeypatch.setenv(other, value)
    monkeypatch.setenv(name, PLAYED[name])
    with pytest.raises(Misconfigured) as fault:
        load_settings(None)
    assert f"  {name}: printed" in fault.value.sentence
    assert PLAYED[name].rpartition(":")[2] not in fault.value.sentence.replace(name, "")
    monkeypatch.setenv("SANDBOX", "1")
    load_settings(None)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("SICHUAN_PARTNER_KEYS", "their-own-key,{}"),
        ("SICHUAN_PARTNER_KEYS", "{}@2026-01-01/2026-12-31"),
        ("SOUTHWEST_OUR_CERTS", "77:{}"),
        ("SOUTHWEST_OUR_CERTS", "77:{upper}"),
    ],
)
def test_nor_as_one_of_two_nor_with_days_nor_as_another_writes_it(real, monkeypatch, name, written):
    text = PLAYED[name].rpartition(":")[2]
    monkeypatch.setenv(name, written.format(text, upper=text.upper()))
    with pytest.raises(Misconfigured, match=name):
        load_settings(None)


def test_nor_from_a_file(real, monkeypatch, tmp_path):
    file = tmp_path / "their.key"
    file.write_text(PLAYED["COURIER_KEY"])
    file.chmod(0o600)
    monkeypatch.delenv("COURIER_KEY")
    monkeypatch.setenv("COURIER_KEY_FILE", str(file))
    with pytest.raises(Misconfigured, match="COURIER_KEY"):
        load_settings(None)
