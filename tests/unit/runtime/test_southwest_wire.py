"""Southwest's certificates as they are written in settings."""

from datetime import UTC, date, datetime

import pytest

from domain.errors import Misconfigured
from runtime.partner_settings import SouthwestSettings, sandbox_defaults
from runtime.southwest_wire import southwest_settings

PLAYED = sandbox_defaults(8010, 8011)["southwest"]
KEY = PLAYED["our_certs"].partition(":")[2]
PUBLIC = PLAYED["partner_keys"].partition(":")[2]


def made(**other: str):
    return southwest_settings(SouthwestSettings(**PLAYED | other))


def signing(settings, day: int) -> str:
    return settings.signing(datetime(2026, 11, day, 8, tzinfo=UTC)).serial


def test_a_rotation_by_days():
    settings = made(our_certs=f"old:{KEY}@/2026-11-25,new:{'1' * 64}@2026-11-24/")
    assert [signing(settings, day) for day in (23, 24, 25, 26)] == ["old", "new", "new", "new"]


def test_a_revoked_certificate_of_a_province():
    settings = made(partner_keys=f"a:{PUBLIC},b:{PUBLIC}@/2026-11-22")
    assert not settings.peer("a").ended(date(2026, 11, 23))
    assert settings.peer("b").ended(date(2026, 11, 23))
    assert settings.peer("c") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("our_certs", "1:" + "0" * 64), ("our_certs", "1:ab"), ("partner_keys", "1:" + PUBLIC[:-1] + "0")],
)
def test_a_key_that_is_none_is_named_without_its_value(name, value):
    with pytest.raises(Misconfigured) as fault:
        made(**{name: value})
    assert f"SOUTHWEST_{name.upper()}" in fault.value.sentence
    assert value[2:] not in fault.value.sentence


@pytest.mark.parametrize("value", ["", "a", "a:", ":ab", "a:ab,a:cd"])
def test_what_is_not_written_as_certificates(value):
    with pytest.raises(ValueError, match="certificate"):
        made(our_certs=value)
