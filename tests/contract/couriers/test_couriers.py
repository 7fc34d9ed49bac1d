"""The played couriers against a Kuayu that only takes notes: what they read, what they send, when."""

import asyncio
import hashlib
import time

import pytest
import requests
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from sandbox.couriers import Options, build

LEG = "50010320261123000001X-PICKUP-1"
BACK = "50010320261123000001X-DELIVERY-1"
PAPERS = [{"name": "户口簿", "form": "original", "count": 1}]


class Notes:
    """A Kuayu of a few lines: one outlet, jobs as the test wants them, every batch kept."""

    def __init__(self):
        self._jobs, self.batches, self.documents = [], [], {}
        self.seen, self.logins, self.token = {}, 0, "t1"
        self.down = False
        self.known, self.came = [], []
        self.looks = 0

    @property
    def jobs(self):
        return self._jobs

    @jobs.setter
    def jobs(self, jobs):
        self._jobs = jobs
        self.known += [job for job in jobs if job["leg"] == "PICKUP"]

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/api/v1/login")
        async def login(request: Request):
            self.logins += 1
            user = (await request.json())["username"]
            return {"token": f"{user}-{self.token}", "role": user}

        def stranger(request: Request):
            return not request.headers.get("authorization", "").endswith(self.token)

        @app.get("/api/v1/outlets")
        def outlets():
            return {"outlets": [{"id": "shiyoulu", "lat": 29.5345, "lon": 106.5030}]}

        @app.get("/api/v1/outlets/{outlet_id}/worklist")
        def worklist(outlet_id: str, request: Request):
            if stranger(request):
                return JSONResponse({}, 401)
            return {"outletId": outlet_id, "timeScale": 6000, "jobs": self.jobs if outlet_id != "hall" else self.hall()}

        @app.get("/api/v1/worklists/changes")
        async def changes(request: Request, wait: int):
            if stranger(request):
                return JSONResponse({}, 401)
            await asyncio.sleep(min(wait, 0.05))
            self.looks += 1
            return {"version": f"{self.looks}"}

        @app.post("/api/v1/scans:batch")
        async def scans(request: Request):
            if self.down:
                return JSONResponse({}, 503)
            body = await request.json()
            self.batches.append((request.headers["authorization"].split()[1].split("-")[0], body))
            results = []
            for event in body["events"]:
                known = self.seen.setdefault(event["eventId"], event)
                assert known == event, "a device must send the same event byte for byte"
                again = sum(event in batch["events"] for _, batch in self.batches) > 1
                results.append({"eventId": event["eventId"], "result": "duplicate" if again else "accepted"})
            return {"serverTime": "", "watermark": 0, "results": results}

        @app.put("/api/v1/documents/{sha256}")
        async def document(sha256: str, request: Request):
            self.documents[sha256] = await request.body()
            return {}

        return app

    def hall(self):
        """What has come to the hall by the scans so far, and a dossier from another region."""
        delivered = {event["code"] for event in self.seen.values() if event["kind"] == "DELIVERED"}
        return [{**job, "stage": "DELIVERED"} for job in self.known if job["trackingNo"] in delivered] + self.came

    def events(self, leg_kind=None):
        return sorted(self.seen.values(), key=lambda event: (event["occurredAt"], event["deviceSeq"]))

    def kinds(self):
        return [event["kind"] for event in self.events()]


def job(leg_id=LEG, courier="c1", **more):
    plain = {
        "legId": leg_id,
        "leg": leg_id.split("-")[1],
        "caseNo": leg_id.split("-")[0],
        "trackingNo": "1200000000001",
        "epoch": 1,
        "stage": "ASSIGNED",
        "courierId": courier,
        "orderedAt": "2026-11-23T09:00:00+00:00",
        "plannedArrivalAt": None,
        "address": {"text": "渝中区", "lat": 29.5400, "lon": 106.5100, "datum": "GCJ-02"},
        "contact": {"nameMasked": "李*", "phoneTail": "1234"},
        "papers": PAPERS,
        "sealNo": None,
    }
    return {**plain, **more}


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def kuayu():
    return Notes()


@pytest.fixture
def world(kuayu, serve, tmp_path):
    kuayu_url = serve(kuayu.app())
    options = Options(port=0, key="k", kuayu_url=kuayu_url, state=tmp_path / "state.db", poll_s=0.05, pace_s=0)
    return serve(build(options))


def script(world, **story):
    requests.put(f"{world}/control/scripts/1234", json=story, timeout=5).raise_for_status()


def test_a_pickup_is_scanned_through_to_the_hall(kuayu, world):
    kuayu.jobs = [job()]
    until(lambda: len(kuayu.seen) == 5)
    assert kuayu.kinds() == ["EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP", "DELIVERED", "HALL_CHECKED"]
    arrived, taken = kuayu.events()[1:3]
    assert arrived["gps"]["datum"] == "GCJ-02" and abs(arrived["gps"]["lat"] - 29.54) < 0.001
    assert taken["manifest"] == PAPERS and taken["sealNo"] and arrived["code"] == "1200000000001"
    assert [event["deviceSeq"] for event in kuayu.events()[:4]] == [1, 2, 3, 1]  # the van brings it to the hall
    assert {role for role, batch in kuayu.batches if batch["deviceId"] == "hall-window"} == {"clerk"}
    until(lambda: taken["proofs"][0] in kuayu.documents)
    assert hashlib.sha256(kuayu.documents[taken["proofs"][0]]).hexdigest() == taken["proofs"][0]


def test_the_hall_checks_what_comes_from_other_regions_too(kuayu, world):
    script(world, discrepancy=True)
    leg_id = "50010320261123000001X-BACK-1"
    kuayu.came = [job(leg_id, courier=None, trackingNo="EA000000005CN", stage="DELIVERED")]
    until(lambda: kuayu.seen)
    (check,) = kuayu.seen.values()
    assert (check["kind"], check["code"], check["manifest"]) == ("HALL_CHECKED", "EA000000005CN", [])


def test_one_courier_makes_one_way_after_the_other(kuayu, world):
    later = {"trackingNo": "1200000000002", "plannedArrivalAt": "2026-11-23T10:00:00+00:00"}
    kuayu.jobs = [job(BACK, **later), job()]
    until(lambda: "OUT_FOR_DELIVERY" in kuayu.kinds())
    at = {(event["code"][-1], event["kind"]): event["occurredAt"] for event in kuayu.events()}
    assert at["2", "PICKED_UP"] > at["1", "PICKED_UP"] > at["1", "ARRIVED_DOOR"]


def test_the_first_courier_never_starts_the_second_does(kuayu, world):
    script(world, ignore_first_assignment=True)
    other = {"trackingNo": "1200000000002", "contact": {"phoneTail": "9999"}}
    kuayu.jobs = [job(), job("50010320261123000002X-PICKUP-1", "c2", **other)]
    until(lambda: len(kuayu.seen) == 5)
    assert {batch["deviceId"] for _, batch in kuayu.batches} == {"c2", "van-shiyoulu", "hall-window"}
    kuayu.jobs = [job(courier="c3")]
    until(lambda: len(kuayu.seen) == 10)


def test_no_network_then_one_batch_sent_twice(kuayu, world):
    script(world, offline_s=6000)
    kuayu.jobs = [job()]

    def batches():
        return [batch for _, batch in kuayu.batches if batch["deviceId"] == "c1"]

    until(lambda: len(batches()) >= 2)
    assert batches()[0] == batches()[1] and len(batches()[0]["events"]) >= 3
    assert kuayu.kinds().count("ARRIVED_DOOR") == 1


def test_out_of_order(kuayu, world):
    script(world, out_of_order=True)
    kuayu.jobs = [job()]
    until(lambda: len(kuayu.seen) == 5)
    sent = [event["kind"] for role, batch in kuayu.batches if role == "courier" for event in batch["events"]]
    assert sent.index("ARRIVED_DOOR") < sent.index("EN_ROUTE")


def test_a_job_taken_away_is_called_off(kuayu, world):
    script(world, late_s=60_000)
    number = book(world)
    kuayu.jobs = [job(trackingNo=number)]
    until(lambda: kuayu.kinds() == ["EN_ROUTE"])
    kuayu.jobs = []
    until(lambda: parcels(world)[0]["attempts"][0]["state"] == "gave_up")
    script(world)
    kuayu.jobs = [job(courier="c2", trackingNo=number)]
    until(lambda: "HALL_CHECKED" in kuayu.kinds())
    assert {batch["deviceId"] for _, batch in kuayu.batches} == {"c1", "c2", "van-shiyoulu", "hall-window"}


def test_a_parcel_in_the_bag_goes_on_when_its_job_is_gone(kuayu, world):
    kuayu.jobs = [job()]
    until(lambda: "PICKED_UP" in kuayu.kinds())
    kuayu.jobs = []
    until(lambda: "HALL_CHECKED" in kuayu.kinds())


def book(world):
    order = {"orderKey": LEG, "leg": "PICKUP", "fromRegion": "500103", "toRegion": "500103"}
    headers = {"Authorization": "Bearer k"}
    answer = requests.post(f"{world}/carrier/v1/waybills", json=order, headers=headers, timeout=5)
    return answer.json()["trackingNo"]


def parcels(world):
    return requests.get(f"{world}/control/parcels", timeout=5).json()["parcels"]


def test_kuayu_away_for_a_while_loses_no_scan(kuayu, world):
    kuayu.down = True
    kuayu.jobs = [job()]
    time.sleep(0.3)
    kuayu.token = "t2"  # and everybody has been logged out meanwhile
    kuayu.down = False
    until(lambda: len(kuayu.seen) == 5)


def test_a_killed_program_goes_on_in_the_middle(kuayu, serve, tmp_path):
    kuayu_url = serve(kuayu.app())
    options = Options(port=0, key="k", kuayu_url=kuayu_url, state=tmp_path / "s.db", poll_s=0.05)
    first = serve(build(options))
    number = book(first)
    kuayu.jobs = [job(trackingNo=number)]
    until(lambda: kuayu.seen)
    second = serve(build(options))  # both on one file: a step that one has taken the other can't take
    assert book(second) == number
    until(lambda: len(kuayu.seen) == 5)
    assert sorted(event["deviceSeq"] for event in kuayu.events()) == [1, 1, 1, 2, 3]
    until(lambda: all(scan["result"] for scan in parcels(second)[0]["scans"]))
    assert parcels(second)[0]["attempts"][0]["state"] == "done"
