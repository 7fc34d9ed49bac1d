"""Any order, loss with resend and repetition of a stream's batches ends in the same state as the straight way."""

import itertools
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.terms import WireEvent
from domain.wire import MAY_FOLLOW, HandlingTruth, Verdict, WireState, advance, judge
from partners.southwest.rows import EVENTS
from partners.southwest.signing import Signer, Verifier
from sandbox.partners.southwest.crypto import Identity
from storage.inbox import InboxRow
from tests.unit.relay.southwest_office import Office, open_office
from tests.unit.relay.southwest_province import OK, YUNNAN, Province, row

TYPE = {event: pair for pair, event in EVENTS.items()}
DATA = {
    WireEvent.NOT_ACCEPTED: {"reason": "不归", "legalBasis": "第三十二条"},
    WireEvent.REJECTED: {"reason": "不符", "legalBasis": "第三十八条"},
    WireEvent.NEED_SUPPLEMENT: {"round": 1, "reason": "缺", "materials": [], "deadlineWorkdays": 5},
    WireEvent.SUSPENDED: {"procedure": "听证", "reason": "重大"},
    WireEvent.APPROVED: {"result": {"name": "证", "form": "paper", "documentNo": "", "sha256": None}},
    WireEvent.RESULT_SENT: {"trackingNo": "EB1"},
}


class QuickIdentity(Identity):
    """Signing is not what is looked at here, and would be all that the time is spent on."""

    def sign(self, text: str) -> str:
        return "AAAA"


@st.composite
def stories(draw: st.DrawFn) -> list[list[WireEvent]]:
    """A legal story of one handling without supplements, cut into batches."""
    truth, events = HandlingTruth(state=WireState.SUBMITTED), []
    while len(events) < 9:
        possible = sorted(MAY_FOLLOW[truth.state] - {WireEvent.NEED_SUPPLEMENT})
        if not possible:
            break
        event = draw(st.sampled_from(possible))
        events.append(event)
        truth = advance(truth, Verdict.APPLIED, event, None)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(events) - 1)), max_size=3)))
    return [events[a:b] for a, b in itertools.pairwise([0, *cuts, len(events)]) if a < b]


def play(story: list[list[WireEvent]], order: list[int], folder: Path) -> None:
    """The hub lists the batches in this order, and from the first open one again as long as one is missing."""
    office, guizhou = open_office(folder), Province(who=QuickIdentity())
    elsewhere = Province("530000", who=QuickIdentity()).batch(row("accept", "1", 1, YUNNAN, row_guid="elsewhere"))
    count = itertools.count(1)
    batches = [
        guizhou.batch(*(row(*TYPE[event], next(count), data=DATA.get(event, {})) for event in events))
        for events in story
    ]
    for place in order:
        office.offer(batches[place % len(batches)])
    office.poll(elsewhere)
    while missing := _first_open(office, batches):
        office.poll(*batches[missing - 1 :])
    _same_as_the_straight_way(office, [event for events in story for event in events])
    office.database.close()


def _first_open(office: Office, batches: list[dict]) -> int:
    """seq of the first batch that has no ok receipt, 0 when all have."""
    done = {receipt["cd_batch"] for receipt in office.hub.receipted if receipt["code"] == OK}
    open_ones = [batch["manifest"]["seq"] for batch in batches if batch["manifest"]["cd_batch"] not in done]
    return min(open_ones, default=0)


def _same_as_the_straight_way(office: Office, events: list[WireEvent]) -> None:
    truth = HandlingTruth(state=WireState.SUBMITTED)
    for event in events:
        assert judge(truth, event, None) is Verdict.APPLIED
        truth = advance(truth, Verdict.APPLIED, event, None)
    assert office.truth() == truth
    assert office.count(InboxRow) == len(events) + 1
    assert office.truth(YUNNAN).last_event is WireEvent.RECEIVED, "another stream goes on"
    assert {receipt["rows"][0]["code"] for receipt in office.hub.receipted if receipt["rows"]} == {OK}
    assert set(office.security_events()) <= {"BATCH_REFUSED"}, "gaps only"


SCHEDULES = (stories(), st.lists(st.integers(0, 3), max_size=8))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # an example takes a tenth of a second: shrinking, minutes


def run(story: list[list[WireEvent]], order: list[int]) -> None:
    signed = patch.multiple(Verifier, verify=lambda *_: True), patch.multiple(Signer, sign=lambda *_: "AAAA")
    with tempfile.TemporaryDirectory() as folder, signed[0], signed[1]:
        play(story, order, Path(folder))


@given(*SCHEDULES)
@settings(max_examples=50, deadline=None, suppress_health_check=QUIET, phases=PHASES)
def test_fifty_schedules(story, order):
    run(story, order)


@pytest.mark.soak
@given(*SCHEDULES)
@settings(max_examples=1500, deadline=None, suppress_health_check=QUIET, phases=PHASES)
def test_many_schedules(story, order):
    run(story, order)
