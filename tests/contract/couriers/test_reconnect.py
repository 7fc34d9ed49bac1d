"""A hundred devices come back to the network at once and send every batch three times (issue: two-way delivery)."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select

from parcels.projection import rebuild
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow
from storage.pending_updates import UpdateRow
from tests.contract.couriers.kuayu_office import OUTLET, PAPERS, now, open_office
from tests.contract.serving import served

DEVICES = 100
KINDS = ["EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP", "AT_OUTLET", "IN_TRANSIT", "DELIVERED"]
LIMIT_S = 180


def leg_id(device, place):
    return f"500103202611{device:04d}{place:04d}X-PICKUP-1"


def number(device, place):
    return f"12{device:05d}{place:06d}"


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path, [f"c{device:03d}" for device in range(DEVICES)])
    yield opened
    opened.database.close()


def order(office, device, legs):
    with office.database.write() as session:
        for place in range(legs):
            session.add(
                LegRow(
                    leg_id=leg_id(device, place),
                    case_no=leg_id(device, place)[:21],
                    handling_no=leg_id(device, place)[:21],
                    leg="PICKUP",
                    region="500103",
                    tracking_no=number(device, place),
                    stage="ASSIGNED",
                    manifest=PAPERS,
                    lat=29.54,
                    lon=106.51,
                    outlet_id=OUTLET,
                    courier_id=f"c{device:03d}",
                    ordered_at=now() - timedelta(hours=9),
                )
            )


def batches(device, legs, size=180):
    start = now() - timedelta(hours=8)
    events = [
        {
            "eventId": f"dev{device:03d}-{place:03d}-{kind}",
            "deviceSeq": 1 + place * len(KINDS) + step,
            "occurredAt": (start + timedelta(seconds=place * 300 + step * 40)).isoformat(),
            "kind": kind,
            "code": number(device, place),
            "gps": {"lat": 29.54, "lon": 106.51, "accuracyM": 10, "datum": "WGS-84"},
            "signerKind": "hall" if kind == "DELIVERED" else None,
        }
        for place in range(legs)
        for step, kind in enumerate(KINDS)
    ]
    return [events[start : start + size] for start in range(0, len(events), size)]


def reconnect(url, token, device, legs):
    """Every batch three times, as a device does that never heard the answer."""
    watermark = 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for batch in batches(device, legs):
            for _ in range(3):
                watermark = sent(session, url, {"deviceId": f"c{device:03d}", "events": batch})["watermark"]
    return watermark


def sent(session, url, body):
    """Until it is answered: a device that is put off (429, 503) or cut off keeps the batch and sends it again."""
    while True:
        try:
            answer = session.post(f"{url}/api/v1/scans:batch", json=body, timeout=60)
        except (requests.ConnectionError, requests.Timeout):
            answer = None
        if answer is not None and answer.status_code not in (429, 503):
            assert answer.status_code == 200, answer.text
            return answer.json()
        time.sleep(0.2)


@pytest.mark.parametrize("legs", [10, pytest.param(80, marks=pytest.mark.soak)], ids=["6000", "48000"])
def test_a_hundred_devices_reconnect(office, legs, record_property):
    for device in range(DEVICES):
        order(office, device, legs)
    with served(office.app) as url:
        login = {"username": "courier", "password": "demo"}
        token = requests.post(f"{url}/api/v1/login", json=login, timeout=10).json()["token"]
        started = time.monotonic()
        with ThreadPoolExecutor(DEVICES) as devices:
            marks = list(devices.map(lambda device: reconnect(url, token, device, legs), range(DEVICES)))
        took_s = time.monotonic() - started
        headers = {"Authorization": f"Bearer {token}"}
        listed = requests.get(f"{url}/api/v1/outlets/hall/worklist", headers=headers, timeout=60).json()["jobs"]
    total = DEVICES * legs * len(KINDS)
    record_property("scans_per_s", round(total / took_s))
    assert took_s < LIMIT_S
    assert marks == [legs * len(KINDS)] * DEVICES
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ScanEventRow)) == total
        assert session.scalar(select(func.count()).select_from(UpdateRow)) == total
        stages = {tuple(row) for row in session.execute(select(LegRow.stage, func.count()).group_by(LegRow.stage))}
    assert stages == {("DELIVERED", DEVICES * legs)}
    assert {job["stage"] for job in listed} == {"DELIVERED"} and len(listed) == min(500, DEVICES * legs)
    assert rebuild(office.database) == []
