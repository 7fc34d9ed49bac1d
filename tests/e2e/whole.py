"""The whole system as separate processes, with a Temporal server of its own that a test may kill and start again."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from demo.client import Caller
from demo.play import Stage, case_body
from demo.stories import Story
from demo.system import System, free_ports, start, stop, wait_ready
from runtime.embedded import server_argv
from runtime.server_binary import find_server
from runtime.settings import Settings, load_settings
from runtime.temporal import is_serving

TIME_SCALE = 240.0
ITEM = "YZ-HRSS-001"  # online, an electronic result


def until(condition: Callable[[], Any], within_s: float = 60.0) -> Any:
    """What the condition comes to, as soon as it is true."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)
    return found


class Temporal:
    """A server that keeps its files over a kill."""

    def __init__(self, folder: Path) -> None:
        port, ui_port = free_ports(2)
        self._settings: Settings = load_settings(
            None, sandbox="1", data_dir=folder, temporal_port=port, temporal_ui_port=ui_port
        )
        named = os.environ.get("TEMPORAL_BIN")
        binary = find_server(Path(named) if named else None, lambda _: None)
        self._argv = server_argv(binary, self._settings)
        self._process: subprocess.Popen[bytes] | None = None
        self.address = self._settings.temporal_target

    @property
    def serving(self) -> bool:
        return asyncio.run(is_serving(self._settings))

    def start(self) -> None:
        self._process = subprocess.Popen(self._argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.serving)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass
class Whole:
    """Everything that a test may ask, and break."""

    system: System
    temporal: Temporal
    stage: Stage
    operator: Caller
    numbers: list[int] = field(default_factory=list)

    def register(self, region: str, *steps: dict[str, Any], originals: bool = False) -> str:
        """A case of the next applicant, whose authority follows this script; its number.

        `originals`: the hall keeps what he has brought until he collects it.
        """
        number = 20 + len(self.numbers) % 2 + 25 * (1 + len(self.numbers))  # two names that are nowhere else
        self.numbers.append(number)
        if steps:
            self.stage.partners.put(f"/control/scripts/138000{number:05d}", list(steps))
        body = case_body(self.stage, Story("e2e", ITEM, (region,)), number)
        if originals:
            body["materials"] = [{**material, "provided": "original"} for material in body["materials"]]
        return str(self.stage.clerk.post("/api/v1/cases", body, f"e2e-case-{number:06d}")["caseNo"])

    def case(self, case_no: str) -> dict[str, Any]:
        return dict(self.stage.clerk.get(f"/api/v1/cases/{case_no}"))

    def theirs(self, case_no: str) -> dict[str, Any]:
        """The authority's own book about a handling; empty before it knows of it."""
        known = self.stage.partners.get("/control/cases")
        return next((dict(case) for case in known if case["handlingNo"] == case_no), {})

    def effects(self, case_no: str) -> dict[str, dict[str, Any]]:
        every = self.stage.partners.get("/control/effects")
        return {k: e for of_one in every.values() for k, e in of_one.items() if e["handlingNo"] == case_no}

    def outage(self, partner: str, kind: str, **more: Any) -> None:
        self.stage.partners.post("/control/outage", {"partner": partner, "kind": kind, **more})

    def outage_over(self, partner: str) -> None:
        self.stage.partners.post("/control/outage", {"partner": partner, "on": False})

    def deliveries(self, partner: str, what: str, case_no: str) -> list[dict[str, Any]]:
        shown = self.operator.get(f"/api/v1/partners/{partner}/deliveries?size=500")[what]
        return [one for one in shown if one["handlingNo"] == case_no]

    def page(self, path: str) -> str:
        """What the clerk reads."""
        browser = requests.Session()
        who = {"username": "clerk", "password": "demo"}
        browser.post(f"{self.system.kuayu}/api/v1/login", json=who, timeout=10).raise_for_status()
        shown = browser.get(f"{self.system.kuayu}{path}", timeout=10)
        shown.raise_for_status()
        return shown.text

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`kuayu …` beside the running system."""
        program = str(Path(sys.executable).with_name("kuayu"))
        return subprocess.run(
            [program, *words], env=self.system.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def kill(self, name: str) -> None:
        """One of the system's processes, at once; it is started again by its supervisor."""
        os.kill(self._child(name), signal.SIGKILL)

    def web_answers(self) -> bool:
        try:
            return requests.get(f"{self.system.kuayu}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def _child(self, name: str) -> int:
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            if parent == self.system.process.pid and name.encode() in words:
                return int(folder.name)
        raise AssertionError(f"no {name}")


@contextmanager
def whole_system(folder: Path, **settings: str) -> Iterator[Whole]:
    """`settings`: variables of the system by their names."""
    temporal = Temporal(folder / "temporal")
    temporal.start()
    os.environ["TEMPORAL_ADDRESS"] = temporal.address
    try:
        system = start(folder, TIME_SCALE, settings=settings)
        try:
            wait_ready(system, lambda _: None)
            stage = Stage(
                clerk=Caller(system.kuayu, "clerk"),
                officer=Caller(system.kuayu, "officer"),
                outlet=Caller(system.kuayu, "outlet"),
                partners=Caller(system.partners),
                couriers=Caller(system.couriers),
            )
            stage.partners.put("/control/default", {"pace_s": 0.2})
            yield Whole(system, temporal, stage, Caller(system.kuayu, "operator"))
        finally:
            stop(system)
    finally:
        del os.environ["TEMPORAL_ADDRESS"]
        temporal.kill()
