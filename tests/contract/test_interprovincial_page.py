"""Every worked example of the interprovincial page runs against the played gateway, as an engineer would run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.main import SandboxSettings, build_app
from tests.contract.serving import served
from tests.unit.sandbox.interprovincial_caller import opened, refresh_headers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/partners/interprovincial.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(python|bash)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
EXPECTED = ['"code":"0"', "seal ok", "<DATA></DATA>", "form lost", "confirmed"]


def test_every_example_has_an_expectation():
    assert len(BLOCKS) == len(EXPECTED)


@pytest.mark.parametrize(
    ("block", "expected"), list(zip(BLOCKS, EXPECTED, strict=True)), ids=["curl", "seal", "sealed", "form", "whole"]
)
def test_example(block: tuple[str, str], expected: str):
    language, text = block
    program = [sys.executable, "-"] if language == "python" else ["bash", "-euo", "pipefail", "-s"]
    with served(build_app(SandboxSettings(pace_s=0.01), ("interprovincial",))) as gateway:
        refreshed = requests.post(f"{gateway}/auth/refreshSecret", headers=refresh_headers(), timeout=10).json()
        secret = opened(refreshed["data"]["secret"]).decode()
        done = subprocess.run(
            program,
            input=text,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "GATEWAY": gateway, "SECRET": secret, "NO_PROXY": "127.0.0.1"},
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_every_code_is_on_the_page():
    shown = set(re.findall(r"^\| (−[0-9]+|0) \|", PAGE, re.MULTILINE))
    table = {"0", *(f"−{n}" for n in (50, 51, 52, 53, 60, 61, 901, 902, 903, 905, 906, 910, 911, 920, 999))}
    assert shown == table
