"""The real workflows, activities, routes and database on a server of their own; what couriers do, a test does.

Business time runs so fast that an hour is some seconds, on a calendar that is always open; scans go over HTTP.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from cli.migration import run_migration
from demo.client import Caller
from demo.people import applicant, door
from demo.scans import with_files
from domain.terms import Leg
from runtime.container import container_of
from runtime.embedded import embedded_server
from runtime.ports import free_port
from runtime.schedules import ensure_schedules
from runtime.settings import load_settings
from runtime.temporal import connect
from runtime.workers import run_workers
from sandbox.couriers import Options, build
from storage.base import Database
from storage.parcels.legs import LegRow
from tests.borders import nobodys_ports
from tests.contract.serving import served
from tests.receipts import printed_code, receipt_of, tracked
from web.app import build_app

TIME_SCALE = 240.0
"""An hour is 15 seconds."""
ITEM, REGION = "YZ-HRSS-001", "500112"  # in-city: an officer decides it, no network is needed
_NUMBERS = itertools.count(1)
WITHIN_S = 40.0


class PostalHouse:
    """People of the hall and of the outlets, each logged in."""

    def __init__(self, url: str, database: Database) -> None:
        self.url, self.database = url, database
        self.clerk, self.officer, self.outlet, self.supervisor, self.courier = (
            Caller(url, role) for role in ("clerk", "officer", "outlet", "supervisor", "courier")
        )
        self._sequences: dict[str, itertools.count[int]] = {}

    async def until(self, condition: Callable[[], Any]) -> Any:
        """What the condition comes to, as soon as it is true."""
        async with asyncio.timeout(WITHIN_S):
            while True:  # others' processes: there is no event to wait for
                if found := condition():
                    return found
                await asyncio.sleep(0.05)

    async def order(self, leg: Leg = Leg.PICKUP) -> "Parcel":
        """A case whose parcel is to be fetched, or whose papers are to be brought; its leg is looked after."""
        number = next(_NUMBERS)
        person = applicant(number, "personal")
        item = self.clerk.get(f"/api/v1/items/{ITEM}")
        usual = {"original": "original", "copy": "copy", "form": "original", "electronic": "electronic"}
        body = {
            "itemCode": ITEM,
            "handlings": [{"region": REGION, "role": None}],
            "mode": None,
            "applicant": person,
            "agent": None,
            "materials": with_files(
                self.clerk, [{"seq": m["seq"], "provided": usual[m["form"]]} for m in item["materials"]]
            ),
            "pickup": door(number, person["name"]) if leg is Leg.PICKUP else None,
            "delivery": door(number, person["name"]) if leg is Leg.DELIVERY else None,
            "consent": {"version": "2026-11", "accepted": True},
        }
        parcel = Parcel(self, self.clerk.post("/api/v1/cases", body)["caseNo"], leg)
        if leg is Leg.DELIVERY:
            await parcel.approved()
        await self.until(lambda: any(p["leg"] == leg and p["courierId"] for p in parcel.case["parcels"]))
        return parcel

    def scan(self, device: str, number: str, kind: str, *, at: datetime | None = None, **more: Any) -> str:
        """One scan of a device, as the courier's own login sends it; what was answered."""
        sequence = next(self._sequences.setdefault(device, itertools.count(1)))
        event = {
            "eventId": f"{device}-{sequence:08d}",
            "deviceSeq": sequence,
            "occurredAt": (at or datetime.now(UTC)).isoformat(),
            "kind": kind,
            "code": number,
            **more,
        }
        who = self.clerk if kind == "HALL_CHECKED" else self.courier
        answer = who.post("/api/v1/scans:batch", {"deviceId": device, "events": [event]})["results"][0]
        return str(answer["result"])

    def patch(self, path: str, body: dict[str, Any]) -> None:
        token = requests.post(f"{self.url}/api/v1/login", json={"username": "outlet", "password": "demo"}, timeout=10)
        headers = {"Authorization": f"Bearer {token.json()['token']}"}
        requests.patch(f"{self.url}{path}", json=body, headers=headers, timeout=10).raise_for_status()


class Parcel:
    """One parcel of a case, and everything that people see of it."""

    def __init__(self, house: PostalHouse, case_no: str, leg: Leg) -> None:
        self.house, self.case_no, self.leg = house, case_no, leg
        self._code = printed_code(receipt_of(house.url, case_no))

    @property
    def case(self) -> dict[str, Any]:
        return dict(self.house.clerk.get(f"/api/v1/cases/{self.case_no}"))

    @property
    def shown(self) -> dict[str, Any]:
        return next(dict(p) for p in self.case["parcels"] if p["leg"] == self.leg)

    @property
    def tracked(self) -> dict[str, Any]:
        """What the applicant reads, without login."""
        answer = tracked(self.house.url, self.case_no, self._code)
        parcel = next(p for p in answer["parcels"] if p["leg"] == self.leg)
        page = requests.post(
            f"{self.house.url}/track", data={"caseNo": self.case_no, "code": self._code}, timeout=10
        ).text
        assert parcel["sentence"] in page
        return dict(parcel)

    @property
    def said(self) -> str:
        return str(self.tracked["sentence"])

    @property
    def tasks(self) -> dict[str, dict[str, Any]]:
        """Open tasks of this case by kind."""
        listed = self.house.supervisor.get(f"/api/v1/tasks?case_no={self.case_no}")["tasks"]
        return {task["kind"]: task for task in listed}

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(self.house.clerk.get(f"/api/v1/cases/{self.case_no}/events")["events"])

    @property
    def history(self) -> list[str]:
        return [event["kind"] for event in self.events]

    async def task(self, kind: str) -> dict[str, Any]:
        return dict(await self.house.until(lambda: self.tasks.get(kind)))

    async def resolve(self, kind: str, outcome: str, **more: Any) -> None:
        task = await self.task(kind)
        who = {"outlet": self.house.outlet, "clerk": self.house.clerk}.get(task["owner"], self.house.supervisor)
        who.post(f"/api/v1/tasks/{task['id']}/resolve", {"outcome": outcome, "reason": "电话核实", **more})

    async def approved(self) -> None:
        """The officer decides; the result on paper goes to the door."""
        for event, before in (("RECEIVED", "SUBMITTED"), ("ACCEPTED", "RECEIVED"), ("APPROVED", "ACCEPTED")):
            await self.house.until(lambda before=before: self.case["status"] == before)
            result = {"name": "办理结果", "form": "paper", "documentNo": f"渝办{self.case_no[-7:]}"}
            payload = {"result": result} if event == "APPROVED" else {}
            body = {"event": event, "payload": payload}
            self.house.officer.post(f"/api/v1/handlings/{self.case_no}/decisions", body)

    def scan(self, kind: str, *, device: str | None = None, near: bool = True, **more: Any) -> None:
        """By the courier whose job it is, at the door."""
        shown = self.shown
        with self.house.database.read() as session:
            leg = session.get_one(LegRow, shown["legId"])
        if near and leg.lat is not None:
            more["gps"] = {"lat": leg.lat, "lon": leg.lon, "accuracyM": 10, "datum": "WGS-84"}
        more.setdefault("epoch", shown["epoch"])
        told = self.house.scan(device or shown["courierId"], shown["trackingNo"], kind, **more)
        assert told == "accepted"

    async def visit(self, *kinds: str, **more: Any) -> None:
        """Scans one after the other, each taken by the workflow before the next; `more` goes with the last."""
        for kind in kinds[:-1]:
            self.scan(kind)
        self.scan(kinds[-1], **more)

    async def until_sent(self, *but: str) -> str:
        """Until somebody is to come who is none of these couriers."""

        def courier() -> str | None:
            shown = self.shown
            fits = shown["courierId"] not in (None, *but) and shown["plannedArrivalAt"]
            return str(shown["courierId"]) if fits else None

        return str(await self.house.until(courier))

    async def until_promised(self, sentence: str) -> None:
        """What the applicant reads about the promise, once the leg's workflow has looked at it."""
        await self.house.until(lambda: self.tracked["promise"] == sentence)

    async def until_stage(self, stage: str) -> None:
        await self.house.until(lambda: self.shown["stage"] == stage)

    async def fetched(self) -> None:
        """To the end of a pickup: taken at the door, brought to the hall, checked there."""
        await self.visit("EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP")
        await self.at_the_hall()

    async def at_the_hall(self) -> None:
        self.scan("DELIVERED", signerKind="hall", near=False)
        self.scan("HALL_CHECKED", device="hall-window", near=False)
        await self.house.until(lambda: self.shown["outcome"] == "DELIVERED")
        await self.house.until(lambda: "COLLECTED" in self.history)


def minutes(count: float) -> timedelta:
    """Business minutes as they pass on the wall here."""
    return timedelta(minutes=count) / TIME_SCALE


@asynccontextmanager
async def open_postal_house(folder: Path, binary: Path, say: Callable[[str], None]) -> AsyncIterator[PostalHouse]:
    """Everything while the block runs: server, workers, schedules, web, and the carrier's program for numbers."""
    with served(build(Options(0, "k"))) as carrier:
        ports = {name: free_port() for name in ("port", "temporal_port", "temporal_ui_port")}
        given = {"sandbox": "1", "demo_users": "1", "time_scale": str(TIME_SCALE), "data_dir": folder, **ports}
        settings = load_settings(None, **(nobodys_ports() | given), courier={"base_url": carrier, "key": "k"})
        list(run_migration(settings))
        async with embedded_server(settings, say, binary):
            client = await connect(settings)
            stop, parts = asyncio.Event(), container_of(settings)
            workers = asyncio.create_task(run_workers(client, parts, stop))
            await ensure_schedules(client)
            with served(build_app(settings)) as url:
                try:
                    yield PostalHouse(url, parts.database)
                finally:
                    stop.set()
                    await workers
                    parts.database.close()
