"""Any order, loss with resend and repetition of a stream's batches ends in the same state as the straight way."""

import itertools
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from domain.identifiers import make_case_number
from domain.terms import WireEvent
from partners.southwest.rows import EVENTS
from partners.southwest.signing import Signer, Verifier
from sandbox.partners.southwest.crypto import Identity
from storage.exchange.exchange_log import SecurityEventRow
from storage.exchange.southwest import SouthwestBatchIn, SouthwestCursor, SouthwestStream
from tests.unit.exchange.books import effects, supplement
from tests.unit.exchange.closings import PlayedCase, closings
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import NOW, OK, YUNNAN, Province, row
from tests.unit.exchange.stories import Loss, Said, Story, in_soak, in_test, needs_our_supplement, stories

TYPE = {event: pair for pair, event in EVENTS.items()}
serials = itertools.count(100)


class QuickIdentity(Identity):
    """Signing is not what is looked at here, and would be all that the time is spent on."""

    def sign(self, text: str) -> str:
        return "AAAA"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"))
    with patch.multiple(Verifier, verify=lambda *_: True), patch.multiple(Signer, sign=lambda *_: "AAAA"):
        yield opened
    opened.database.close()


class Hub:
    """One province's stream about one handling, on an empty hub."""

    def __init__(self, office: Office, number: str) -> None:
        self.office, self.number, self.province = office, number, Province(who=QuickIdentity())
        self.batches: list[dict] = []
        self.turns = itertools.count(1)
        office.hub.batches.clear()
        office.hub.receipted.clear()
        with office.database.write() as session:
            for table in (SouthwestBatchIn, SouthwestStream, SouthwestCursor, SecurityEventRow):
                session.execute(delete(table))

    def write(self, rows: list[Said]) -> None:
        """The province closes its next batch."""
        lines = [
            row(
                *(TYPE[said.event] if said.event else ("archive", "1")),
                said.seq,
                self.number,
                row_guid=f"{self.number}-{said.seq}",
                data=said.payload,
            )
            for said in rows
        ]
        self.batches.append(self.province.batch(*lines))

    def show(self, order: list[int], losses: list[Loss], case: PlayedCase) -> None:
        """List batches in this order; with a loss the download or the receipt breaks once."""
        for turn, place in enumerate(order):
            case.after(next(self.turns))
            self.office.offer(self.batches[place % len(self.batches)])
            loss = losses[turn % len(losses)]
            if loss is not Loss.NOTHING:
                self.office.hub.broken = {"exch0003" if loss is Loss.MESSAGE else "exch0004"}
                assert self.office.poll().fault == "ANSWER_LOST"
                self.office.hub.broken = set()
        self.office.poll(*self.batches[self._first_open() - 1 :])
        while missing := self._first_open():
            self.office.poll(*self.batches[missing - 1 :])

    def _first_open(self) -> int:
        """seq of the first batch that has no ok receipt, 0 when all have."""
        done = {receipt["cd_batch"] for receipt in self.office.hub.receipted if receipt["code"] == OK}
        open_ones = [b["manifest"]["seq"] for b in self.batches if b["manifest"]["cd_batch"] not in done]
        return min(open_ones, default=0)


def play(
    office: Office, story: Story, cuts: list[int], order: list[int], losses: list[Loss], closed: frozenset[int]
) -> None:
    """Each chapter is cut into batches; the hub lists them anyhow, and from the first open one while one is missing."""
    number = make_case_number("500103", NOW.date(), next(serials))
    office.add_case(number)
    hub, case = Hub(office, number), PlayedCase(office.database, number, closed)
    for place, chapter in enumerate(story.chapters):
        for begin, end in itertools.pairwise([0, *sorted({c for c in cuts if c < len(chapter)}), len(chapter)]):
            hub.write(chapter[begin:end])
        hub.show(order, losses, case)
        case.after(next(hub.turns))
        if (round_ := needs_our_supplement(story, place)) is not None:
            supplement(office.database, number, round_)
    assert office.progress(number) == story.progress.model_copy(update={"last_seq": 0}), "this wire has no sequence"
    assert effects(office.database, number) == story.effects
    case.is_told()
    assert case.heard == story.effects
    assert case.lost() == []
    receipts = {r["cd_batch"]: r for r in office.hub.receipted if r["code"] == OK}
    assert {line["code"] for receipt in receipts.values() for line in receipt["rows"]} == {OK}
    assert set(office.security_events()) <= {"BATCH_REFUSED"}, "gaps only"


SCHEDULES = (
    stories(),
    st.lists(st.integers(1, 3), max_size=2),
    st.lists(st.integers(0, 2), max_size=3),
    st.lists(st.sampled_from([Loss.NOTHING, Loss.NOTHING, *Loss]), min_size=1, max_size=3),
    closings,
)


@given(*SCHEDULES)
@in_test
def test_any_schedule_ends_alike(office, story, cuts, order, losses, closed):
    play(office, story, cuts, order, losses, closed)


@pytest.mark.soak
@given(*SCHEDULES)
@in_soak
def test_any_of_many_schedules_ends_alike(office, story, cuts, order, losses, closed):
    play(office, story, cuts, order, losses, closed)


def test_another_stream_goes_on_behind_a_gap(office):
    hub = Hub(office, make_case_number("500103", NOW.date(), next(serials)))
    office.add_case(hub.number)
    hub.write([Said(1, WireEvent.RECEIVED, None)])
    hub.write([Said(2, WireEvent.ACCEPTED, None)])
    elsewhere = Province("530000", who=QuickIdentity()).batch(row("accept", "1", 1, YUNNAN, row_guid="elsewhere"))
    office.poll(hub.batches[1], elsewhere)
    assert office.progress(hub.number).last_event is None
    assert office.progress(YUNNAN).last_event is WireEvent.RECEIVED
