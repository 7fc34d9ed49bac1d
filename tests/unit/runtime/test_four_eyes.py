"""Which decisions two officers make, by the setting."""

import pytest

from domain.errors import Misconfigured
from domain.terms import WireEvent
from runtime.four_eyes import REFUSALS, needs_two
from runtime.settings import load_settings


@pytest.mark.parametrize(
    ("text", "played", "wanted"),
    [
        ("", False, REFUSALS),
        ("", True, frozenset()),
        ("off", False, frozenset()),
        ("APPROVED, REJECTED", True, {WireEvent.APPROVED, WireEvent.REJECTED}),
    ],
)
def test_refusals_need_two_unless_something_else_is_said(text, played, wanted):
    assert needs_two(text, played=played) == wanted


def test_a_name_that_is_no_event_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("FOUR_EYES", "REFUSED")
    with pytest.raises(Misconfigured, match=r"FOUR_EYES.*REFUSED"):
        load_settings(None, sandbox="1", data_dir=str(tmp_path))
