"""Asking a served web process as people do: what each path takes, alone and while a report is made."""

import multiprocessing
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import requests
import uvicorn

from domain.terms import Role
from runtime.ports import free_port
from tests.unit.exchange.sichuan_callbacks import OUR_KEY, PARTNER_KEY, callback, content
from tests.unit.web.test_reports import _alone
from tests.web.office import Office, open_office
from web.app import settle

CALLS: Final = 30
SICHUAN: Final = {
    "SICHUAN_PARTNER_APP": "sc-adapter-01",
    "SICHUAN_OUR_APP": "cq-yuzhong-01",
    "SICHUAN_OUR_KEYS": OUR_KEY,
    "SICHUAN_PARTNER_KEYS": PARTNER_KEY,
}


def opened(folder: Path, url: str | None) -> Office:
    """The whole web process with its settings, on SQLite in `folder` or the PostgreSQL at `url`."""
    with patch.dict("os.environ", {**SICHUAN, **({"DATABASE_URL": url} if url else {})}):
        return open_office(folder)


def _serve(folder: str, url: str | None, port: int, ready: Event) -> None:
    office = opened(Path(folder), url)
    settle()
    server = uvicorn.Server(uvicorn.Config(_alone(office.app), port=port, log_level="critical", access_log=False))

    def tell() -> None:
        while not server.started:
            time.sleep(0.05)
        ready.set()

    threading.Thread(target=tell, daemon=True).start()
    server.run()


@dataclass
class Asker:
    """One connection per thread to a web process; each role is logged in."""

    base: str
    pid: int
    tokens: dict[str, str]

    def __post_init__(self) -> None:
        self._local = threading.local()

    def get(self, path: str, role: str | None) -> float:
        """Seconds until the whole answer is there."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        began = time.perf_counter()
        answer = self._session().get(self.base + path, headers=headers, timeout=300)
        took = time.perf_counter() - began
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        self._local.kb = len(answer.content) / 1000
        return took

    def last_kb(self) -> float:
        """How long the answer was that this thread has read last: a longer list takes longer in any district."""
        return round(self._local.kb, 1)

    def post(self, path: str, role: str | None = None, **more: Any) -> float:
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {self.tokens[role]}"} if role else {})
        began = time.perf_counter()
        answer = self._session().post(self.base + path, headers=headers, timeout=300, **more)
        took = time.perf_counter() - began
        assert answer.status_code in (200, 202), (path, answer.status_code, answer.text[:300])
        return took

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        session.cookies.clear()
        return session

    def memory_mb(self) -> dict[str, int]:
        """Resident now and at most so far, by Linux's own count."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)
                     if name in ("VmRSS", "VmHWM")}  # fmt: skip
        return {"now": kilobytes["VmRSS"] // 1024, "most": kilobytes["VmHWM"] // 1024}


@contextmanager
def web(folder: Path, url: str | None) -> Iterator[Asker]:
    """A web process of its own, for the time of the block."""
    context = multiprocessing.get_context("spawn")
    ready, port = context.Event(), free_port()
    process = context.Process(target=_serve, args=(str(folder), url, port, ready))
    process.start()
    try:
        if not ready.wait(120):
            raise TimeoutError("the web process did not start")
        base = f"http://127.0.0.1:{port}"
        tokens = {}
        for role in Role:
            login = {"username": role.value, "password": "demo"}
            tokens[role.value] = requests.post(f"{base}/api/v1/login", json=login, timeout=30).json()["token"]
        assert process.pid is not None
        yield Asker(base, process.pid, tokens)
    finally:
        process.terminate()
        process.join()


def figures(taken_s: list[float]) -> dict[str, float]:
    """The median and the 95th percentile in milliseconds."""
    ordered = sorted(taken_s)
    return {
        "p50_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)], 1),
    }


def asked(asker: Asker, path: str, role: str | None, calls: int = CALLS) -> dict[str, float]:
    """The figures of one path, after a first call that is told apart."""
    first = asker.get(path, role)
    each = figures([asker.get(path, role) for _ in range(calls)])
    return each | {"first_ms": round(1000 * first, 1), "answer_kb": asker.last_kb()}


def in_turn(ways: dict[int, tuple[Asker, str, str | None]], calls: int = CALLS) -> dict[int, dict[str, float]]:
    """The figures of one path in districts of several sizes, asked one after the other again and again."""
    firsts = {size: asker.get(path, role) for size, (asker, path, role) in ways.items()}
    taken: dict[int, list[float]] = {size: [] for size in ways}
    for _ in range(calls):
        for size, (asker, path, role) in ways.items():
            taken[size].append(asker.get(path, role))
    return {
        size: figures(taken[size]) | {"first_ms": round(1000 * first, 1), "answer_kb": ways[size][0].last_kb()}
        for size, first in firsts.items()
    }


def searched(asker: Asker, q: str, calls: int = CALLS) -> dict[str, float]:
    """The box that finds everything, asked by a clerk for `q`."""
    first, *taken = [
        asker.post("/search", "clerk", data={"q": q}, headers={"HX-Request": "true"}) for _ in range(calls + 1)
    ]
    return figures(taken) | {"first_ms": round(1000 * first, 1)}


def callbacks(asker: Asker, numbers: list[str]) -> dict[str, float]:
    """Sichuan says of each case that it was received; signed before the time is taken."""
    taken = []
    for each in numbers:
        said = content(caseNo=each, event_id=f"evt_new_{each}", occurredAt=datetime.now(UTC).isoformat())
        raw = callback(said, **{"X-CY-Timestamp": str(int(time.time()))})
        taken.append(asker.post("/callbacks/sichuan", data=raw.body, headers=dict(raw.headers)))
    return figures(taken[1:])


def scans(asker: Asker, calls: int = CALLS) -> dict[str, float]:
    """Batches of twenty scans of parcels that are under way or were."""
    taken = []
    for batch in range(calls):
        at = datetime.now(UTC).isoformat()
        events = [
            {"eventId": f"new-{batch}-{place}", "deviceSeq": batch * 20 + place + 1, "occurredAt": at,
             "kind": "EN_ROUTE", "code": f"EA{batch * 20 + place:09d}P"}
            for place in range(20)
        ]  # fmt: skip
        taken.append(asker.post("/api/v1/scans:batch", "courier", json={"deviceId": "new", "events": events}))
    return figures(taken[1:])


def meanwhile(asker: Asker, path: str, role: str | None) -> dict[str, float]:
    """The clerk's work list while somebody else's report is made, and how long that took."""
    taken: list[float] = []
    report: list[float] = []
    other = threading.Thread(target=lambda: report.append(asker.get(path, role)))
    other.start()
    while other.is_alive():
        taken.append(asker.get("/api/v1/cases", "clerk"))
    other.join()
    return figures(taken) | {"report_ms": round(1000 * report[0], 1)}
