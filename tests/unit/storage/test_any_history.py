"""Any legal history of a handling, however its messages are shuffled, repeated, lost and said again, ends the same.

Histories are walks through the wire table, with our own supplements between them, names that we do not know, and
words against a decision that was taken.
"""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.identifiers import make_case_number
from domain.inbound import EventPayload, InboundMessage
from domain.terms import DECISIONS
from domain.terms import WireEvent as E
from domain.wire import MAY_FOLLOW, Verdict, WireProgress, WireState, advance, after_supplement, judge
from storage.base import Base, Database
from storage.cases.rows import lock_handling
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow, InboxState
from tests.unit.storage.casework import DAY, NOW, SEALER, message, progress, register, take

serials = itertools.count(100)
LONGEST = 12


@dataclass
class History:
    """What the authority says, in parts: after each part but the last we answer a supplement notice."""

    parts: list[list[InboundMessage]] = field(default_factory=lambda: [[]])
    progress: WireProgress = field(default_factory=lambda: WireProgress(state=WireState.SUBMITTED))
    effects: list[str] = field(default_factory=list)

    def say(self, number: str, event: E | None) -> None:
        seq = self.progress.last_seq + 1
        round_ = self.progress.round + 1 if event is E.NEED_SUPPLEMENT else None
        said = message(
            event or "PUBLIC_NOTICE",
            seq,
            f"{number}-{seq}",
            handling_no=number,
            content=f"{number}/{seq}".encode(),
            payload=EventPayload(round=round_),
        )
        verdict = judge(self.progress, event, seq, round_)
        self.progress = advance(self.progress, verdict, event, seq)
        self.parts[-1].append(said)
        if verdict in (Verdict.APPLIED, Verdict.CONTRADICTION):
            self.effects.append(said.event_name)


@st.composite
def histories(draw: st.DrawFn, number: str) -> History:
    history = History()
    for _ in range(draw(st.integers(1, LONGEST))):
        kind = draw(st.sampled_from(["event"] * 8 + ["unknown", "against"]))
        follow = sorted(MAY_FOLLOW[history.progress.state])
        decision = history.progress.decision
        if kind == "unknown":
            history.say(number, None)
        elif kind == "against" and decision is not None:
            event = draw(st.sampled_from(sorted(DECISIONS - {decision})))
            history.say(number, event)
        elif history.progress.state is WireState.AWAITING_SUPPLEMENT and draw(st.booleans()):
            history.progress = after_supplement(history.progress, history.progress.round)
            history.parts.append([])
        elif follow:
            event = draw(st.sampled_from(follow))
            history.say(number, event)
    return history


@st.composite
def schedules(draw: st.DrawFn) -> tuple[str, History, list[list[InboundMessage]]]:
    """Each part in any order, each message once at least (what was lost is said again), old ones again at any time."""
    number = make_case_number("500103", DAY, next(serials))
    history = draw(histories(number))
    said: list[InboundMessage] = []
    arrivals = []
    for part in history.parts:
        said += part
        again = draw(st.lists(st.sampled_from(said), max_size=4)) if said else []
        arrivals.append(draw(st.permutations([*part, *again])))
    return number, history, arrivals


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('history') / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def play(database: Database, number: str, history: History, arrivals: list[list[InboundMessage]]) -> None:
    inbox = Inbox(SEALER)
    register(database, number)
    for place, part in enumerate(arrivals):
        if place:
            with database.write() as session:
                handling = lock_handling(session, number)
                handling.progress = after_supplement(handling.progress, handling.round)
        for said in part:
            take(database, inbox, said, now=NOW)
    assert progress(database, number) == history.progress
    with database.read() as session:
        rows = list(session.scalars(select(InboxRow).filter_by(handling_no=number)))
    told = sorted((row for row in rows if row.order is not None), key=lambda row: row.order)
    assert [row.event_name for row in told] == history.effects
    assert {row.state for row in rows} <= {InboxState.NEW, InboxState.APPLIED}
    assert len(rows) == sum(map(len, history.parts))


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(schedules())
@settings(unhurried, max_examples=200)
def test_any_schedule_of_any_history(database, schedule):
    play(database, *schedule)


@pytest.mark.soak
@given(schedules())
@settings(unhurried, max_examples=5000)
def test_any_of_many_schedules_of_any_history(database, schedule):
    play(database, *schedule)
