"""Which decisions two officers make, by the setting."""

import pytest

from domain.errors import Misconfigured
from domain.terms import WireEvent
from runtime.four_eyes import REFUSALS, needs_two, tasks_need_two
from runtime.settings import load_settings


@pytest.mark.parametrize(
    ("text", "played", "wanted"),
    [
        ("", False, REFUSALS),
        ("", True, frozenset()),
        ("off", False, frozenset()),
        ("APPROVED, REJECTED", True, {WireEvent.APPROVED, WireEvent.REJECTED}),
        ("REJECTED,TASKS", False, {WireEvent.REJECTED}),
        ("TASKS", False, frozenset()),
    ],
)
def test_refusals_need_two_unless_something_else_is_said(text, played, wanted):
    assert needs_two(text, played=played) == wanted


@pytest.mark.parametrize(
    ("text", "played", "wanted"),
    [("", False, True), ("", True, False), ("off", False, False), ("REJECTED", False, False), ("TASKS", True, True)],
)
def test_tasks_need_two_by_the_same_setting(text, played, wanted):
    assert tasks_need_two(text, played=played) is wanted


def test_a_name_that_is_no_event_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("FOUR_EYES", "REFUSED")
    with pytest.raises(Misconfigured, match=r"FOUR_EYES.*REFUSED"):
        load_settings(None, sandbox="1", data_dir=str(tmp_path))
