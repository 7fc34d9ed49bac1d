"""A network that is away is left in peace; others are not touched; every call is in the log."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import AnswerLost, PartnerRefused, PartnerResting, PartnerUnavailable, PartnerUntrusted
from domain.outbound import HandlingRef, Receipt, Rendered
from domain.terms import CommandKind, Partner
from exchange.circuit_breaker import OPENS_AFTER, Breaker, BreakerAdapter, probe_interval
from storage.exchange.exchange_log import ExchangeRow, SecurityEventRow
from tests.unit.exchange.office import HANDLING, NOW, Office, open_office

REF = HandlingRef(handling_no=HANDLING, region="511602")
SHA = "ab" * 32


class Network:
    """Answers, or fails in the way that is set."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.fault: Exception | None = None
        self.calls = 0

    def _called(self):
        self.calls += 1
        if self.fault:
            raise self.fault

    def send(self, rendered):
        self._called()
        return Receipt(received_at=NOW)

    def put_file(self, handling, sha256, data):
        self._called()

    def get_file(self, handling, sha256):
        self._called()
        return b"%PDF-1"

    def query(self, handling):
        self._called()


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


def guarded(office: Office, network: Network) -> BreakerAdapter:
    """As another process would have it: the database is all they share."""

    def now():
        return office.clock[0]

    return BreakerAdapter(
        network, Breaker(office.database, network.partner, now), office.database, office.inbox.sealer, now
    )


def rendered(partner: Partner) -> Rendered:
    return Rendered(
        partner=partner, key="k-1", kind=CommandKind.SUBMIT, handling_no=HANDLING, content=b"secret", meta={}
    )


def lines(office: Office) -> list[tuple[str, str, str, int]]:
    with office.database.read() as session:
        found = session.scalars(select(ExchangeRow).order_by(ExchangeRow.id))
        return [(line.kind, line.verdict, line.sha256, line.size) for line in found]


def away(office: Office, network: Network, fault: Exception) -> None:
    network.fault = fault
    for _ in range(OPENS_AFTER):
        with pytest.raises(type(fault)):
            guarded(office, network).send(rendered(network.partner))


@pytest.mark.parametrize("fault", [PartnerUnavailable("忙", code="HTTP503"), AnswerLost("断")])
def test_six_hours_away_cost_one_probe_a_minute(office, fault):
    network = Network(Partner.SICHUAN)
    away(office, network, fault)
    before = network.calls
    for _ in range(6 * 60 * 6):  # somebody wants to call every ten seconds
        office.clock[0] += timedelta(seconds=10)
        with pytest.raises((PartnerResting, type(fault))):
            guarded(office, network).send(rendered(Partner.SICHUAN))
    assert 6 * 60 - 1 <= network.calls - before <= 6 * 60


def test_nothing_is_sent_while_it_rests_and_it_says_when_to_come(office):
    network = Network(Partner.SICHUAN)
    away(office, network, PartnerUnavailable("忙"))
    calls, office.clock[0] = network.calls, NOW + timedelta(seconds=20)
    with pytest.raises(PartnerResting) as rest:
        guarded(office, network).put_file(REF, SHA, b"x")
    assert network.calls == calls
    assert 40 <= rest.value.retry_after_s <= 52
    assert lines(office) == []  # nothing went out


def test_one_networks_outage_is_no_other_networks(office):
    sichuan, southwest = Network(Partner.SICHUAN), Network(Partner.SOUTHWEST)
    away(office, sichuan, PartnerUnavailable("忙"))
    assert guarded(office, southwest).send(rendered(Partner.SOUTHWEST)).received_at == NOW


def test_a_good_probe_closes_it_for_all(office):
    network = Network(Partner.SICHUAN)
    away(office, network, PartnerUnavailable("忙"))
    network.fault, office.clock[0] = None, NOW + timedelta(seconds=60)
    guarded(office, network).send(rendered(Partner.SICHUAN))
    for _ in range(20):
        guarded(office, network).send(rendered(Partner.SICHUAN))
    assert network.calls == OPENS_AFTER + 21


def test_refusals_are_answers(office):
    network = Network(Partner.SICHUAN)
    for _ in range(3 * OPENS_AFTER):
        network.fault = PartnerUnavailable("忙") if network.calls % 3 else PartnerRefused("不", code="CY4221")
        with pytest.raises((PartnerUnavailable, PartnerRefused)):
            guarded(office, network).send(rendered(Partner.SICHUAN))
    assert network.calls == 3 * OPENS_AFTER


def test_an_answer_that_is_not_believed_is_a_security_event(office):
    network = Network(Partner.SICHUAN)
    network.fault = PartnerUntrusted("不符", code="UNSIGNED_ANSWER")
    for call in (lambda g: g.send(rendered(Partner.SICHUAN)), lambda g: g.query(REF)):
        with pytest.raises(PartnerUntrusted):
            call(guarded(office, network))
    with office.database.read() as session:
        seen = session.execute(select(SecurityEventRow.source, SecurityEventRow.code, SecurityEventRow.detail)).all()
    assert [tuple(one) for one in seen] == [("sichuan", "UNTRUSTED_ANSWER", "UNSIGNED_ANSWER")] * 2


def test_files_and_queries_are_in_the_log(office):
    network = Network(Partner.SICHUAN)
    us = guarded(office, network)
    us.put_file(REF, SHA, b"x" * 9)
    us.get_file(REF, SHA)
    us.query(REF)
    network.fault = PartnerRefused("无", code="CY4041")
    with pytest.raises(PartnerRefused):
        us.get_file(REF, SHA)
    assert lines(office) == [
        ("put_file", "OK", SHA, 9),
        ("get_file", "OK", SHA, 6),
        ("query", "OK", "", 0),
        ("get_file", "CY4041", SHA, 0),
    ]
    with office.database.read() as session:
        places = list(session.scalars(select(ExchangeRow.body).order_by(ExchangeRow.id)))
    assert places == [f"document/{SHA}", f"document/{SHA}", None, None]


@pytest.mark.parametrize(("time_scale", "seconds"), [(1, 60), (10, 6), (100_000, 1)])
def test_probes_follow_business_time_within_reason(time_scale, seconds):
    assert probe_interval(time_scale) == timedelta(seconds=seconds)
