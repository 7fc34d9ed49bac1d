"""With what somebody has come in is told in a few words, and never what a stranger writes into a header."""

import pytest
from starlette.requests import Request

from web.security.callers import agent_of

GECKO = "(KHTML, like Gecko)"


def named(said):
    headers = [] if said is None else [(b"user-agent", said.encode("latin-1"))]
    return agent_of(Request({"type": "http", "headers": headers}))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 {GECKO} Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
         "Edge 140 · Windows"),
        (f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 {GECKO} Chrome/139.0.0.0 Safari/537.36",
         "Chrome 139 · Linux"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 {GECKO} Version/19 Mobile Safari/604",
         "Safari 19 · iPhone"),
        (f"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537 {GECKO} Chrome/120 Mobile Safari/537 MicroMessenger/8.0.60",
         "微信 8 · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox 142 · Linux"),
        ("python-requests/2.32", "python-requests"),
        ("curl/8.5", "curl"),
        ("<script>alert(1)</script>", ""),
        ("13800000001", ""),
        ("", ""),
        (None, ""),
        ("x" * 500, "x" * 31),
    ],
)  # fmt: skip
def test_a_browser_its_system_or_a_program(said, shown):
    assert named(said) == shown
