"""`kill -9` of everything, one after another and all at once, with all of the demo's cases under way.

What must hold then: reliability.md §3.
"""

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from demo.play import Played, Stage, play
from demo.stories import STORIES
from demo.system import PORTS, System, start, stop, wait_ready
from demo.verify import faults
from storage.base import Database
from storage.cases.rows import CaseRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.parcels.scans import ScanEventRow
from tests.e2e.patient import PatientCaller

pytestmark = pytest.mark.e2e

TIME_SCALE = 240.0
WITHIN_S = 270.0
BETWEEN_S = 4.0


def child(system: System, word: str) -> int | None:
    """The process of this system with `word` on its command line."""
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == system.process.pid and word.encode() in words:
            return int(folder.name)
    return None


def kill(system: System, word: str) -> None:
    """Kill it at once, and wait until another one has been started."""
    killed = child(system, word)
    assert killed is not None, f"no {word}"
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while child(system, word) in (None, killed):
        assert time.monotonic() < deadline, f"{word} was not started again"
        time.sleep(0.1)


def until_answering(system: System) -> None:
    """Until the pages are there, whatever else is not."""
    deadline = time.monotonic() + 150
    while not answers(f"{system.kuayu}/healthz"):
        assert time.monotonic() < deadline, "the pages did not come back"
        time.sleep(0.3)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=3).ok
    except requests.RequestException:
        return False


def kill_everything(system: System) -> System:
    """The supervisor goes, and with it every child; then the same folder and ports again."""
    os.kill(system.process.pid, signal.SIGKILL)
    system.process.wait()
    again = start(system.data_dir.parent, TIME_SCALE, {name: system.environment[name] for name in PORTS})
    wait_ready(again, print)
    return again


def stage_of(system: System) -> Stage:
    stage = Stage(
        clerk=PatientCaller(system.kuayu, "clerk"),
        officer=PatientCaller(system.kuayu, "officer"),
        outlet=PatientCaller(system.kuayu, "outlet"),
        partners=PatientCaller(system.partners),
        couriers=PatientCaller(system.couriers),
    )
    stage.couriers.put("/control/default", {"pace_s": 0.4})
    stage.partners.put("/control/default", {"pace_s": 0.5})
    return stage


@pytest.fixture
def system(tmp_path):
    """Stopped at the end, whichever start of it is the last."""
    running = [start(tmp_path, TIME_SCALE)]
    try:
        wait_ready(running[0], print)
        yield running
    finally:
        stop(running[-1])


def registered(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(CaseRow)) or 0


def closed(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(CaseRow).where(CaseRow.closed_at.is_not(None))) or 0


def kill_all_in_turn(running: list[System], database: Database) -> int:
    """Worker, web, Temporal, everything; how many cases were still open at the last kill."""
    while registered(database) < len(STORIES):
        time.sleep(0.1)
    for word in ("worker", "web", "start-dev"):
        began = time.monotonic()
        kill(running[-1], word)
        until_answering(running[-1])
        print(f"{word} killed; the pages answered {time.monotonic() - began:.1f} s later")
        time.sleep(BETWEEN_S)  # let it do some work between two deaths
    open_cases = registered(database) - closed(database)
    running.append(kill_everything(running[-1]))
    return open_cases


def lost_scans(data_dir: Path, database: Database) -> set[str]:
    """Scans that were acknowledged to a device and are not in our log."""
    with sqlite3.connect(data_dir / "sandbox-couriers.db") as devices:
        rows = devices.execute("SELECT event_id FROM scan WHERE result IN ('accepted', 'duplicate')")
        acknowledged = {row[0] for row in rows}
    assert acknowledged
    with database.read() as session:
        return acknowledged - set(session.scalars(select(ScanEventRow.said_id)))


def test_whatever_is_killed_every_case_goes_on_to_its_outcome(system):
    stage = stage_of(system[0])
    database = Database(f"sqlite:///{system[0].data_dir / 'kuayu.db'}")
    with ThreadPoolExecutor(len(STORIES)) as pool:
        plays = [pool.submit(play, stage, story, number, WITHIN_S) for number, story in enumerate(STORIES, 1)]
        still_open = kill_all_in_turn(system, database)
        played: list[Played] = [each.result() for each in plays]
    print(*(f"{one.seconds:5.1f} s {one.story.title} {one.failure or one.case['status']}" for one in played), sep="\n")
    print(f"{still_open} cases were open when everything was killed")
    assert still_open >= 5
    found = faults(stage, played)
    assert {one.story.title: found[one.number] for one in played if found[one.number]} == {}
    assert lost_scans(system[-1].data_dir, database) == set()
    with database.read() as session:
        states = set(session.scalars(select(InboxRow.state)))
    assert states == {InboxState.APPLIED}
    database.close()
