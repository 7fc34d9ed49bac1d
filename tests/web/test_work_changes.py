"""A device waits for the next change of the work lists instead of asking for them again and again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from storage.parcels.legs import LegRow

PATH = "/api/v1/worklists/changes"


def stop(number="50010320261123000009X", **more):
    usual = {"handling_no": number, "leg": "PICKUP", "region": "500112", "stage": "ORDERED", "outlet_id": "shiyoulu"}
    when = {"ordered_at": datetime.now(UTC), "state": {}}
    return LegRow(leg_id=f"{number}-PICKUP-1", case_no=number, **usual | when | more)


@pytest.fixture
def version(office):
    def asked(known="", wait=0):
        answer = office.call("GET", f"{PATH}?known={known}&wait={wait}", "courier")
        assert answer.status_code == 200, answer.text
        return answer.json()["version"]

    return asked


def test_nobody_waits_for_what_he_does_not_know(version):
    assert version() == version(wait=25)  # at once: an empty word is no version
    assert version("another", wait=25) == version()


@pytest.mark.parametrize("change", [{"stage": "PICKED_UP"}, {"courier_id": "c9"}, {"ended_at": datetime.now(UTC)}])
def test_whoever_waits_hears_of_it(office, version, change):
    before = version()
    with ThreadPoolExecutor(1) as device:
        heard = device.submit(version, before, 25)
        with office.database.write() as session:
            session.add(stop())
        added = heard.result()
        assert added != before
        heard = device.submit(version, added, 25)
        with office.database.write() as session:
            leg = session.get_one(LegRow, stop().leg_id)
            for name, value in change.items():
                setattr(leg, name, value)
        assert heard.result() != added
        with office.database.write() as session:
            session.delete(session.get_one(LegRow, stop().leg_id))


def test_papers_that_wait_at_the_hall_are_work_too_and_parcels_between_halls_are_not(office, version):
    before = version()
    with office.database.write() as session:
        session.add(stop(leg="BACK", stage="IN_TRANSIT", outlet_id=None))
    assert version(before, wait=1) == before
    with office.database.write() as session:
        session.get_one(LegRow, stop().leg_id).stage = "DELIVERED"
    assert version(before, wait=25) != before
    with office.database.write() as session:
        session.delete(session.get_one(LegRow, stop().leg_id))


def test_how_long_one_may_wait(office):
    assert office.call("GET", f"{PATH}?wait=26", "courier").status_code == 422
    assert office.call("GET", PATH, "supervisor").status_code == 403
