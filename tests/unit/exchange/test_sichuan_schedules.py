"""Whatever the network does to a handling's callbacks, our progress about it ends the same."""

import itertools
from datetime import date

import pytest
from hypothesis import given

from domain.identifiers import make_case_number
from tests.unit.exchange.closings import PlayedCase
from tests.unit.exchange.sichuan_callbacks import SichuanOffice, callback, content, open_sichuan_office
from tests.unit.exchange.stories import Loss, Said, Telling, in_soak, in_test, needs_our_supplement, tellings

serials = itertools.count(1)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


class Network:
    """Carries one telling; knows what of it is still to be acknowledged."""

    def __init__(self, office: SichuanOffice, number: str, telling: Telling) -> None:
        self.office, self.number, self.telling = office, number, telling
        self.turns, self.known, self.open = itertools.count(), False, set()

    def carry(self, said: Said) -> None:
        turn = next(self.turns)
        if turn == self.telling.known_after and not self.known:
            self.register()
        loss = self.telling.loss(turn)
        if loss is not Loss.NOTHING:
            self.open.add(said)
        if loss is not Loss.MESSAGE:
            self.send(said)

    def send(self, said: Said) -> None:
        event = content(
            said.event or "ARCHIVED",
            said.seq,
            f"evt_{self.number}_{said.seq}",
            caseNo=self.number,
            payload=said.payload,
        )
        status, body = self.office.send(callback(event))
        assert (status, body["code"]) == ((200, "0000") if self.known else (404, "CY4041"))
        if not self.known:
            self.open.add(said)

    def register(self) -> None:
        self.known = True
        self.office.add_case(self.number)

    def end_chapter(self) -> None:
        if not self.known:
            self.register()
        for said in self.open:
            self.send(said)
        self.open.clear()


def play(office: SichuanOffice, telling: Telling) -> None:
    number, story = make_case_number("500103", date(2026, 11, 22), next(serials)), telling.story
    network, by_seq = Network(office, number, telling), {said.seq: said for said in story.events}
    case, turns = PlayedCase(office.database, number, telling.closings), itertools.count(1)
    for place, order in enumerate(telling.orders):
        for seq in order:
            network.carry(by_seq[seq])
            case.after(next(turns))
        network.end_chapter()
        if (round_ := needs_our_supplement(story, place)) is not None:
            office.supplement(number, round_)
    assert office.progress(number) == story.progress
    assert office.effects(number) == story.effects
    case.is_told()
    assert case.heard == story.effects
    assert case.lost() == []


@given(tellings())
@in_test
def test_any_schedule_ends_alike(office, telling):
    play(office, telling)


@pytest.mark.soak
@given(tellings())
@in_soak
def test_any_of_many_schedules_ends_alike(office, telling):
    play(office, telling)
