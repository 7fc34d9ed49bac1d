"""The SMS_ settings: none at all is fine, half of them is not."""

from datetime import UTC, datetime, time

import pytest

from domain.errors import Misconfigured
from runtime.container import container_of
from runtime.messages import channel_of, message_sender
from runtime.settings import load_settings
from tests.unit.runtime.test_settings import real

__all__ = ["real"]


def now() -> datetime:
    return datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_without_an_address_there_is_no_channel(real):
    settings = load_settings(None)
    assert channel_of(settings, now) is None
    assert settings.sms.receipt_key.get_secret_value() == ""


def test_an_address_needs_an_account_and_a_key(real, monkeypatch):
    monkeypatch.setenv("SMS_BASE_URL", "https://sms.example/v1/")
    with pytest.raises(Misconfigured, match="SMS"):
        load_settings(None)
    monkeypatch.setenv("SMS_ACCOUNT", "cqyz")
    monkeypatch.setenv("SMS_KEY", "secret-of-the-gateway")
    settings = load_settings(None)
    assert settings.sms.base_url == "https://sms.example/v1"
    assert channel_of(settings, now).name == "sms"
    assert "secret-of-the-gateway" not in repr(settings)


def test_the_hours_are_those_of_the_settings(real, monkeypatch):
    monkeypatch.setenv("SMS_QUIET_FROM_HOUR", "22")
    monkeypatch.setenv("SMS_QUIET_TO_HOUR", "7")
    container = container_of(load_settings(None))
    assert tuple(message_sender(container, now)._quiet) == (time(22), time(7))
    container.database.close()


def test_the_sandbox_plays_the_gateway(tmp_path):
    settings = load_settings(None, sandbox="1", data_dir=tmp_path)
    assert settings.sms.base_url == "http://127.0.0.1:8011/sms/v1"
