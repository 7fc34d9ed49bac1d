"""docs/postal.md says what is so: its example is taken, and no member, code or story is left out."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from parcels.scan_verdicts import Code
from sandbox.couriers.scripts import Script
from tests.contract.couriers.kuayu_office import open_office
from tests.contract.serving import served
from web.security.device_keys import signed_text
from web.security.devices import DEVICE, SIGNATURE, TIME

PAGE = (Path(__file__).parents[3] / "docs" / "postal.md").read_text(encoding="utf-8")
LEG = "50010320261123000001X-PICKUP-1"


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    opened.order(LEG, "1200000000001", ordered_at=datetime(2026, 11, 23, 1, tzinfo=UTC))
    yield opened
    opened.database.close()


def test_the_example_is_accepted_and_counts(office):
    body = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    with served(office.app) as url:
        login = {"username": "courier", "password": "demo"}
        token = requests.post(f"{url}/api/v1/login", json=login, timeout=5).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.post(f"{url}/api/v1/scans:batch", json=body, headers=headers, timeout=5).json()
    assert answer["watermark"] == 1
    assert [(result["result"], result["code"]) for result in answer["results"]] == [("accepted", None)]
    assert office.leg(LEG).stage == "ARRIVED_DOOR"


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_told(code):
    assert f"`{code}" in PAGE


@pytest.mark.parametrize("member", list(Script.model_fields))
def test_every_story_is_told(member):
    assert f"`{member}`" in PAGE


def test_the_text_that_a_device_signs_is_as_the_page_has_it():
    body, text = re.search(r"Of a batch `([^`]+)`:\n\n```text\n(.*?)\n```", PAGE, re.DOTALL).groups()
    _, method, target, device_id, at, _ = text.split("\n")
    assert signed_text(method, target, device_id, at, body.encode()) == text.encode()


@pytest.mark.parametrize("name", [DEVICE, TIME, SIGNATURE])
def test_every_header_of_a_device_is_told(name):
    assert f"`{name}`" in PAGE
