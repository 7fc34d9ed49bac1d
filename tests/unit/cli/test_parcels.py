"""`kuayu parcel rebuild`: what an operator does when a parcel's cached state is in doubt."""

import base64
import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from domain.terms import Leg
from storage.parcels.legs import LegRow
from tests.unit.activities.post_office import PostOffice


@pytest.fixture
def office(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDBOX", "1")
    monkeypatch.setenv("SEAL_KEYS", "s1:" + base64.b64encode(b"k" * 32).decode())  # as the office seals
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def run(*args, code):
    result = CliRunner().invoke(app, ["parcel", "rebuild", *args], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize(
    "spoilt",
    [{"stage": "DELIVERED"}, {"epoch": 7}, {"arrived_at": None}, {"state": {}}, {"seal_no": "YZ9999999"}],
)
def test_every_cached_state_is_made_anew_from_the_log(office, spoilt):
    leg_id, untouched = office.order(), office.order(Leg.PICKUP, 2)
    office.clock.at(10)
    office.scan(leg_id, "ARRIVED_DOOR", 8)
    office.scan(leg_id, "PICKED_UP", 9, sealNo="YZ0000009")
    assert json.loads(run("--json", code=0)) == {"corrected": []}
    right = office.leg(leg_id)
    with office.database.write() as session:
        leg = session.get_one(LegRow, leg_id)
        for name, value in spoilt.items():
            setattr(leg, name, value)
    assert leg_id in run(code=1)
    again = office.leg(leg_id)
    for name in ("state", "stage", "epoch", "arrived_at", "seal_no"):
        assert getattr(again, name) == getattr(right, name)
    assert run(code=0).splitlines() == ["与扫描记录不一致、已更正的邮件：0"]
    assert office.leg(untouched).stage == "ORDERED"
