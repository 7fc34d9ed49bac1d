"""Whatever the gateway does to a handling's notices, our progress about it ends the same."""

import itertools

import pytest
from hypothesis import given

from domain.identifiers import make_case_number
from domain.terms import WireEvent
from partners.interprovincial.codes import EVENT_OF_ZT
from tests.unit.exchange.books import effects, supplement
from tests.unit.exchange.closings import PlayedCase
from tests.unit.exchange.interprovincial_office import NOW, Office, elements, open_office
from tests.unit.exchange.stories import Loss, Said, Telling, in_soak, in_test, needs_our_supplement, tellings

ZT = {event: status for status, event in EVENT_OF_ZT.items()}
MORE = {
    WireEvent.NEED_SUPPLEMENT: "<LC>{}</LC><YY>缺</YY><CLMC>居民户口簿</CLMC><XGR>5</XGR>",
    WireEvent.SUSPENDED: "<TBCX>听证</TBCX><YY>重大</YY>",
    WireEvent.NOT_ACCEPTED: "<YY>不归</YY><FLYJ>第三十二条</FLYJ>",
    WireEvent.REJECTED: "<YY>不符</YY><FLYJ>第三十八条</FLYJ>",
    WireEvent.APPROVED: "<JGMC>证</JGMC><JGXS>paper</JGXS><WSBH>1</WSBH><SHA256></SHA256>",
    WireEvent.RESULT_SENT: "<YJHM>EB000717618CN</YJHM>",
}
serials = itertools.count(100)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


class Network:
    """Carries one telling page by page; what was lost, or its confirmation, comes again at the end of the chapter."""

    def __init__(self, office: Office, number: str, telling: Telling) -> None:
        self.office, self.number, self.telling = office, number, telling
        self.turns, self.known = itertools.count(), False
        self.page: list[Said] = []
        self.open: list[Said] = []

    def carry(self, said: Said) -> None:
        turn = next(self.turns)
        if turn == self.telling.known_after and not self.known:
            self.register()
        loss = self.telling.loss(turn)
        if loss is Loss.MESSAGE:
            self.open.append(said)
            return
        self.page.append(said)
        if loss is Loss.ANSWER:
            self.open += self.page
            self.turn_page(confirmed=False)

    def turn_page(self, *, confirmed: bool = True) -> None:
        self.office.gateway.confirm_breaks = not confirmed
        sent, self.page = self.page, []
        report = self.office.poll(*((f"{self.number}-{said.seq}", self._inside(said)) for said in sent))
        assert (report.fetched, report.refused) == (len(sent), 0)
        assert report.confirmed == (len(sent) if confirmed else 0)

    def register(self) -> None:
        self.known = True
        self.office.add_case(self.number)

    def end_chapter(self) -> None:
        self.turn_page()
        if not self.known:
            self.register()
        self.page, self.open = self.open, []
        self.turn_page()

    def _inside(self, said: Said) -> str:
        more = MORE.get(said.event, "").format(said.round) if said.event else ""
        return elements(self.number, said.seq, ZT[said.event] if said.event else "77", more)


def play(office: Office, telling: Telling) -> None:
    number, story = make_case_number("500103", NOW.date(), next(serials)), telling.story
    network, by_seq = Network(office, number, telling), {said.seq: said for said in story.events}
    case, turns = PlayedCase(office.database, number, telling.closings), itertools.count(1)
    for place, order in enumerate(telling.orders):
        for seq in order:
            network.carry(by_seq[seq])
            case.after(next(turns))
        network.end_chapter()
        if (round_ := needs_our_supplement(story, place)) is not None:
            supplement(office.database, number, round_)
    assert office.progress(number) == story.progress
    assert effects(office.database, number) == story.effects
    case.is_told()
    assert case.heard == story.effects
    assert case.lost() == []
    assert office.inbox_rows(number) == len(story.events)
    assert office.security_events() == []


@given(tellings())
@in_test
def test_any_schedule_ends_alike(office, telling):
    play(office, telling)


@pytest.mark.soak
@given(tellings())
@in_soak
def test_any_of_many_schedules_ends_alike(office, telling):
    play(office, telling)
