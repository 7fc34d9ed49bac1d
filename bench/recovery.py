"""How soon open cases go on after the worker was killed: by the next one, which `make run` starts by itself.

Their networks are silent. Just after the kill the window withdraws some of them; timed is, from the kill, until each
has passed it on to its network. `bench.idle` asks for it over the cases that it has opened.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select

from bench.figures import SHORT, p95
from bench.processor import processes
from demo.play import Stage
from demo.system import System
from domain.terms import CaseStatus
from storage.base import Database
from storage.cases.rows import CaseRow, HandlingRow

WITHDRAWN = 5 if SHORT else 200
AT_ONCE = 20
LOOK_S = 0.05
WITHIN_S = 120.0
_PASSED_ON_WITHIN_S = 1800.0
SEED = 13


def after_a_kill(system: System, stage: Stage, database: Database, cases: list[str]) -> dict[str, Any]:
    """Kill the worker while these are open and wait for their networks, withdraw a random few."""
    chosen = random.Random(SEED).sample(cases, WITHDRAWN)
    began = time.monotonic()
    for process in processes(system.process.pid, "worker"):
        os.kill(process, signal.SIGKILL)
    with ThreadPoolExecutor(AT_ONCE) as people:
        done = people.map(lambda case_no: _withdrawn(stage, database, case_no, began), chosen)
        took = list(done)
    return {"open": len(cases), "withdrawn": WITHDRAWN, "at_once": AT_ONCE, "after_the_kill": _told(took)}


def all_submitted(database: Database, cases: int) -> None:
    """Wait until so many cases wait for their networks. Raises TimeoutError after half an hour."""
    _until(lambda: _submitted(database) >= cases, _PASSED_ON_WITHIN_S)


def _told(took: list[tuple[float, float]]) -> dict[str, float]:
    """The first from the kill; all from their own request."""
    return {
        "first_s": round(min(at for at, _ in took), 2),
        "p95_s": round(p95([lasted for _, lasted in took]), 2),
        "last_s": round(max(at for at, _ in took), 2),
    }


def _withdrawn(stage: Stage, database: Database, case_no: str, began: float) -> tuple[float, float]:
    """Seconds until it was passed on, from the kill and from the request."""
    asked = time.monotonic()
    stage.clerk.post(f"/api/v1/cases/{case_no}/withdraw", {"reason": "申请人改变主意"}, f"recovery-{case_no}")
    _until(lambda: _passed_on(database, case_no))
    now = time.monotonic()
    return now - began, now - asked


def _until(happened: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + within_s
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s:.0f} s")
        time.sleep(LOOK_S)


def _submitted(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(CaseRow.status == CaseStatus.SUBMITTED)) or 0


def _passed_on(database: Database, case_no: str) -> bool:
    with database.read() as session:
        return bool(session.scalar(select(HandlingRow.withdrawal_asked).filter_by(case_no=case_no)))
