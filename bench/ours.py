"""Our cases: started over HTTP as a clerk does, and looked after in the tables, which costs next to nothing."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from bench.shapes import Shape
from demo.play import Stage, case_body, resolve
from domain.naming import case_workflow_id, delivery_workflow_id
from domain.tasks import TaskKind, TaskOutcome
from storage.base import Database
from storage.cases.rows import CaseRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow

LOOK_S = 0.2
WITHIN_S = 600.0


class NotClosed(TimeoutError):
    """A case was not closed in time; the text says which."""


class _Watch:
    """One look for all that are open. What waits for a supervisor's word about papers gets it, and is `settled`."""

    def __init__(self, database: Database, stage: Stage, settled: list[str]) -> None:
        self._database = database
        self._stage = stage
        self._settled = settled
        self._open: dict[str, threading.Event] = {}

    def closed(self, case_no: str) -> threading.Event:
        return self._open.setdefault(case_no, threading.Event())

    def look(self) -> None:
        wanted = list(self._open)
        with self._database.read() as session:
            closed = select(CaseRow.case_no).where(CaseRow.case_no.in_(wanted), CaseRow.closed_at.is_not(None))
            for case_no in session.scalars(closed):
                self._open.pop(case_no).set()
            waiting = select(TaskRow.id).where(
                TaskRow.case_no.in_(wanted), TaskRow.kind == TaskKind.PAPERS_AWAY, TaskRow.resolved_at.is_(None)
            )
            tasks = [task for task in session.scalars(waiting) if task not in self._settled]
        for task in tasks:  # an authority sent papers back before we had heard from the carrier that it has them
            resolve(
                self._stage,
                self._stage.second or self._stage.clerk,
                task,
                TaskOutcome.ACKNOWLEDGE,
                "已核实，原件已随结果寄回",
            )
            self._settled.append(task)


class Ours:
    """Starts cases of a shape, so many at a time, until each is closed."""

    def __init__(self, stage: Stage, database: Database) -> None:
        self.stage, self.database = stage, database
        self._numbers: dict[str, int] = {}
        self.done: list[str] = []
        """Their case numbers."""
        self.settled: list[str] = []
        """Tasks in which a person had to say how a case goes on."""

    def pass_of(self, shape: Shape, cases: int, at_once: int) -> list[tuple[float, float]]:
        """Seconds until each was registered and until it was closed."""
        numbers = self._next(shape, cases)
        with self._watching() as watch, ThreadPoolExecutor(at_once) as people:
            return list(people.map(lambda number: self._one(shape, number, watch), numbers))

    def open_ones(self, shape: Shape, cases: int, at_once: int) -> list[str]:
        """Numbers of cases of this shape that were started and are left to themselves."""
        numbers = self._next(shape, cases)
        with ThreadPoolExecutor(at_once) as people:
            bodies = people.map(lambda number: case_body(self.stage, shape.story, number), numbers)
            return list(people.map(self._register, bodies, numbers))

    def _next(self, shape: Shape, cases: int) -> range:
        """Applicants who have not been here; the played network is told how their cases go."""
        first = self._numbers.get(shape.name, shape.first_number)
        self._numbers[shape.name] = first + cases
        numbers = range(first, first + cases)
        self._tell(shape, numbers)
        return numbers

    def _register(self, body: dict[str, Any], number: int) -> str:
        return str(self.stage.clerk.post("/api/v1/cases", body, f"bench-{number:06d}")["caseNo"])

    def _tell(self, shape: Shape, numbers: range) -> None:
        if script := shape.story.partner_script:
            for number in numbers:
                self.stage.partners.put(f"/control/scripts/138000{number:05d}", list(script))

    def _one(self, shape: Shape, number: int, watch: _Watch) -> tuple[float, float]:
        body = case_body(self.stage, shape.story, number)
        began = time.monotonic()
        case_no = self._register(body, number)
        started = time.monotonic() - began
        if not watch.closed(case_no).wait(WITHIN_S):
            raise NotClosed(f"{case_no} ({shape.name}) is not closed after {WITHIN_S:.0f} s")
        self.done.append(case_no)
        return started, time.monotonic() - began

    @contextmanager
    def _watching(self) -> Iterator[_Watch]:
        watch, over = _Watch(self.database, self.stage, self.settled), threading.Event()

        def keep_looking() -> None:
            while not over.wait(LOOK_S):
                watch.look()

        looking = threading.Thread(target=keep_looking, daemon=True)
        looking.start()
        try:
            yield watch
        finally:
            over.set()
            looking.join()

    def workflows(self, case_no: str) -> list[str]:
        """Ids of the workflows that carried a case."""
        with self.database.read() as session:
            legs = session.scalars(select(LegRow.leg_id).filter_by(case_no=case_no))
            return [case_workflow_id(case_no), *map(delivery_workflow_id, legs)]
