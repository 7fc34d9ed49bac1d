"""Which devices may scan, by the setting."""

import pytest

from domain.errors import Misconfigured
from runtime.device_settings import only_enrolled
from runtime.settings import load_settings


@pytest.mark.parametrize(
    ("text", "played", "wanted"),
    [
        ("", False, True),
        ("", True, False),
        ("enrolled", True, True),
        ("enrolled", False, True),
        ("any", False, False),
        ("any", True, False),
    ],
)
def test_only_enrolled_ones_scan_unless_something_else_is_said(text, played, wanted):
    assert only_enrolled(text, played=played) is wanted


def test_a_word_that_is_none_is_said_by_its_variable(monkeypatch, tmp_path):
    for name, value in (("SANDBOX", "1"), ("DATA_DIR", str(tmp_path)), ("DEVICES", "some")):
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match="DEVICES"):
        load_settings(None)
