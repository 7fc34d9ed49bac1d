"""Cases whose papers wait at the hall, what their authority says around the closing, and its trace."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import Leg
from storage.base import Database
from storage.cases.rows import CaseEventRow, CaseRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow

REGION_OF = {"sichuan": "510104", "southwest": "520102", "interprovincial": "440103"}
_ELECTRONIC = {"result": {"form": "electronic"}}


class Kind(StrEnum):
    """What comes around the closing."""

    PARCEL = "a parcel"
    CONTRADICTION = "another decision"
    FILE = "an approval with a file"


_WORDS = {
    Kind.PARCEL: (("NOT_ACCEPTED", "RESULT_SENT"), ("REJECTED", "RESULT_SENT"), ("APPROVED", "RESULT_SENT")),
    Kind.CONTRADICTION: (("APPROVED", "REJECTED"), ("REJECTED", "NOT_ACCEPTED"), ("NOT_ACCEPTED", "REJECTED")),
    Kind.FILE: (("NOT_ACCEPTED", "APPROVED"), ("REJECTED", "APPROVED")),
}
"""Decision and later word, taken in turn."""


@dataclass(frozen=True)
class Ending:
    """One case: `later` is to come `offset_s` after the closing, or before it. `case_no` once it is registered."""

    partner: str
    kind: Kind
    decision: str
    later: str
    offset_s: float
    case_no: str = ""

    def steps(self) -> list[dict[str, Any]]:
        """To the decision; the papers that the applicant has brought are then to be collected."""
        before = ("RECEIVED",) if self.decision == "NOT_ACCEPTED" else ("RECEIVED", "ACCEPTED")
        return [_step(event) for event in (*before, self.decision)]

    def word(self) -> dict[str, Any]:
        return _step(self.later, after_s=0)

    def __str__(self) -> str:
        return f"{self.partner} {self.decision} {self.offset_s * 1000:+.0f} ms {self.later}"


def _step(event: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "payload": _ELECTRONIC if event == "APPROVED" else {}, **more}


def endings(offsets_s: list[float]) -> Iterator[Ending]:
    """Every network × kind × offset; every pair of words of a kind comes up with every network."""
    for partner, kind in itertools.product(REGION_OF, Kind):
        for offset_s, (decision, later) in zip(offsets_s, itertools.cycle(_WORDS[kind]), strict=False):
            yield Ending(partner, kind, decision, later, offset_s)


@dataclass(frozen=True)
class Traces:
    """What our own books show of one case, in the order in which it was written."""

    kinds: list[str]
    legs: list[str]
    tasks: dict[str, list[str]]
    inbox: list[tuple[str, str, str]]
    closed: bool

    def fault(self, ending: Ending) -> str:
        """Why what was said has neither effect nor person; empty where it has."""
        waiting = [f"{event} is {state} {how}" for event, state, how in self.inbox if state != InboxState.APPLIED]
        if waiting:
            return ", ".join(waiting)
        if [event for event, _, _ in self.inbox].count(ending.later) != 1:
            return f"{ending.later} is not in the inbox"
        trace = "RESULT_SENT" if ending.kind is Kind.PARCEL else TaskKind.CONTRADICTION
        if self.kinds.count(trace) != 1:
            return f"{trace} is {self.kinds.count(trace)} times in the history"
        if "CLOSED" in self.kinds[: self.kinds.index(trace)] and "REOPENED" not in self.kinds:
            return "closed, and not opened again"
        if ending.kind is Kind.PARCEL:
            return "" if self.legs == [Leg.BACK] else f"legs: {self.legs}"
        return "" if len(self.tasks.get(TaskKind.CONTRADICTION, [])) == 1 and not self.closed else f"{self.tasks}"


@dataclass(frozen=True)
class Moments:
    """When our books say that the papers were collected, that the case was closed for the first time as follows from
    it, and that the later word had come."""

    collected: datetime | None
    closed: datetime | None
    came: datetime | None

    @property
    def after_s(self) -> float | None:
        """How long after the closing the word came; None where it came to an open case."""
        if self.closed is None or self.came is None or self.came <= self.closed:
            return None
        return (self.came - self.closed).total_seconds()


def moments_of(database: Database, ending: Ending) -> Moments:
    history = select(CaseEventRow.kind, CaseEventRow.recorded_at).filter_by(case_no=ending.case_no)
    history = history.order_by(CaseEventRow.id)
    came = select(InboxRow.received_at).filter_by(handling_no=ending.case_no, event_name=ending.later)
    with database.read() as session:
        first = dict(reversed([(row.kind, row.recorded_at) for row in session.execute(history)]))
        return Moments(
            collected=first.get("HANDED_OVER"),
            closed=first.get("CLOSED"),
            came=session.scalar(came.order_by(InboxRow.id.desc()).limit(1)),
        )


def traces_of(database: Database, case_no: str) -> Traces:
    with database.read() as session:
        history = select(CaseEventRow.kind).filter_by(case_no=case_no).order_by(CaseEventRow.id)
        tasks: dict[str, list[str]] = {}
        for task in session.scalars(select(TaskRow).filter_by(case_no=case_no, resolved_at=None)):
            tasks.setdefault(task.kind, []).append(task.id)
        return Traces(
            kinds=list(session.scalars(history)),
            legs=list(session.scalars(select(LegRow.leg).filter_by(case_no=case_no))),
            tasks=tasks,
            inbox=[
                (row.event_name, row.state, f"{row.error} after {row.attempts}")
                for row in session.scalars(select(InboxRow).filter_by(handling_no=case_no).order_by(InboxRow.id))
            ],
            closed=session.get_one(CaseRow, case_no).closed_at is not None,
        )
