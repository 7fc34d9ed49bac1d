"""Legal stories of a handling as an authority tells them, and what a network may do to their telling.

A story is cut into chapters: what follows our supplement can only be said after NEED_SUPPLEMENT has arrived here, so a
network shuffles within a chapter, and repeats whatever has been said so far.
"""

from enum import IntEnum
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from domain.terms import DECISIONS, WireEvent
from domain.wire import MAY_FOLLOW, Verdict, WireProgress, WireState, advance, after_supplement
from tests.unit.exchange.closings import closings

PAYLOADS: dict[WireEvent, dict[str, Any]] = {
    WireEvent.NEED_SUPPLEMENT: {"round": 1, "reason": "缺", "materials": ["居民户口簿"], "deadlineWorkdays": 5},
    WireEvent.SUSPENDED: {"procedure": "听证", "reason": "重大"},
    WireEvent.NOT_ACCEPTED: {"reason": "不归", "legalBasis": "第三十二条"},
    WireEvent.REJECTED: {"reason": "不符", "legalBasis": "第三十八条"},
    WireEvent.APPROVED: {"result": {"name": "证", "form": "paper", "documentNo": "1", "sha256": None}},
    WireEvent.RESULT_SENT: {"trackingNo": "EB000717618CN"},
}
"""In the words of wire A."""


class Loss(IntEnum):
    """What the network loses of one message; the sender sends it again at the end of the chapter."""

    NOTHING = 0
    ANSWER = 1
    MESSAGE = 2


class Said(NamedTuple):
    """One event of the story. `event` None: a name that we do not know. `seq` runs over the whole story."""

    seq: int
    event: WireEvent | None
    round: int | None

    @property
    def payload(self) -> dict[str, Any]:
        told = PAYLOADS.get(self.event, {}) if self.event else {}
        return told | {"round": self.round} if self.round else told


class Story(NamedTuple):
    """What is said, chapter by chapter, and the progress that it leads to (`last_seq` counts every event)."""

    chapters: list[list[Said]]
    progress: WireProgress

    @property
    def events(self) -> list[Said]:
        return [said for chapter in self.chapters for said in chapter]

    @property
    def effects(self) -> list[str]:
        """The names that the case hears, in this order."""
        return [said.event.value for said in self.events if said.event is not None]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    chapters: list[list[Said]] = [[]]
    progress, count, wanted = WireProgress(state=WireState.SUBMITTED), 0, draw(st.integers(1, 4))
    unknown_at = draw(st.integers(1, 10))  # often none
    while count < wanted + 2:
        possible = MAY_FOLLOW[progress.state]
        if not possible:
            break
        going_on = possible - DECISIONS if count < wanted else possible & (DECISIONS | {WireEvent.RESULT_SENT})
        event = None if count + 1 == unknown_at else draw(st.sampled_from(sorted(going_on or possible)))
        count += 1
        opened = progress.round + 1 if event is WireEvent.NEED_SUPPLEMENT else None
        chapters[-1].append(Said(count, event, opened))
        verdict = Verdict.APPLIED if event else Verdict.UNKNOWN_EVENT
        progress = advance(progress, verdict, event, count)
        if opened and draw(st.sampled_from([True, True, False])):  # else it lapses, or the applicant withdraws
            progress = after_supplement(progress, opened)
            chapters.append([])
    return Story([chapter for chapter in chapters if chapter], progress)


class Telling(NamedTuple):
    """A story on the way to us: per chapter the seqs in the order of their coming, and what is lost of each.

    `known_after`: so many messages come before the case is registered here. `closings`: after so many it closes.
    """

    story: Story
    orders: list[list[int]]
    losses: list[Loss]
    known_after: int
    closings: frozenset[int]

    def loss(self, turn: int) -> Loss:
        return self.losses[turn % len(self.losses)]


@st.composite
def tellings(draw: st.DrawFn) -> Telling:
    story = draw(stories())
    orders, so_far = [], 0
    for chapter in story.chapters:
        so_far += len(chapter)
        again = draw(st.lists(st.integers(1, so_far), max_size=2))
        orders.append(draw(st.permutations([*(said.seq for said in chapter), *again])))
    losses = draw(st.lists(st.sampled_from(Loss), min_size=1, max_size=7))
    return Telling(story, orders, losses, draw(st.sampled_from([0, 0, 0, 1, 3])), draw(closings))


def needs_our_supplement(story: Story, place: int) -> int | None:
    """The round that we answer after chapter `place`, None at the end of the story."""
    return story.chapters[place][-1].round if place + 1 < len(story.chapters) else None


PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # an example takes some 20 ms: shrinking would take minutes
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
in_test = settings(max_examples=500, deadline=None, suppress_health_check=QUIET, phases=PHASES)
in_soak = settings(in_test, max_examples=5000)
