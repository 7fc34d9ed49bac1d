"""Certificates are replaced on both sides by their dates, at a midnight under traffic: nobody refuses anything."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import gmalg
import pytest
import requests
from sqlalchemy import select

import sandbox.partners.southwest as played
from domain.errors import PartnerRefused
from domain.identifiers import make_case_number
from domain.outbound import HandlingRef
from domain.wire import after_submit
from exchange.southwest.intake import SouthwestIntake
from exchange.southwest.streams import SouthwestStreams
from partners.southwest import PeerCertificate, SigningCertificate, SouthwestAdapter
from partners.standards import CHINA
from sandbox.main import SandboxSettings, build_app
from sandbox.partners.southwest import crypto
from storage.cases.rows import lock_handling
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.inbox import Inbox
from storage.sealing import Sealer
from tests.contract.peer_southwest import PRIVATE, PUBLIC, settings
from tests.contract.peers import wait_until
from tests.contract.serving import served
from tests.contract.test_adapters import submission
from tests.unit.exchange.southwest_office import Office, open_office

SEALER = Sealer({"s1": b"k" * 32})
NEW_PRIVATE = "1" * 64
NEW_PUBLIC = bytes(gmalg.SM2().generate_pk(bytes.fromhex(NEW_PRIVATE))).hex()
OURS, OURS_NEW, THEIRS, THEIRS_NEW = "5001030000000001", "5001030000000002", "5300000000000001", "5300000000000002"
DAY = datetime.now(CHINA).date()  # the clock of a test is a little ahead, never behind: events are not of tomorrow
OK = "000000000000"
serials = count(700)


class Clock:
    """One time for both sides: it runs, and may be set to the last moment of the day."""

    def __init__(self) -> None:
        self._midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=CHINA) + timedelta(days=1)
        self._ahead = self._midnight - timedelta(seconds=90) - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def theirs(self) -> datetime:
        return self.now().astimezone(crypto.CHINA)

    def to_midnight(self) -> None:
        self._ahead += self._midnight - timedelta(milliseconds=300) - self.now()

    @property
    def is_tomorrow(self) -> bool:
        return self.now() > self._midnight


class Traffic:
    """Submissions and polls without a pause; the played province answers each submission with two events."""

    def __init__(self, office: Office, hub: str, clock: Clock) -> None:
        streams = SouthwestStreams(office.database, SEALER)
        self.office, self._clock = office, clock
        self.adapter = SouthwestAdapter(dated(hub), streams, clock.now)
        self.intake = SouthwestIntake(office.database, SEALER, Inbox(SEALER), self.adapter, streams, clock.now)
        self.sent: list[str] = []
        self.faults: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._submit, self._poll)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _submit(self) -> None:
        while not self._over.is_set():
            number = make_case_number("500103", DAY, next(serials))
            self.office.add_case(number)
            try:
                self.submit(number)
            except Exception as fault:  # noqa: BLE001 – whatever it was, it must not have been
                self.faults.append(repr(fault))
            self.sent.append(number)

    def submit(self, number: str) -> None:
        rendered = self.adapter.render(submission(HandlingRef(handling_no=number, region="520102")))
        with self.office.database.write() as session:
            handling = lock_handling(session, number)
            handling.progress = after_submit(handling.progress)
        self.adapter.send(rendered)

    def _poll(self) -> None:
        while not self._over.is_set():
            report = self.intake.poll_once()
            self.faults += [report.fault] if report.fault else []

    def more(self, cases: int = 4) -> None:
        target = len(self.sent) + cases
        wait_until(lambda: len(self.sent) >= target, 60)

    def settled(self) -> None:
        """All that was submitted up to now has been answered twice."""
        numbers = list(self.sent)
        wait_until(lambda: all(self.office.progress(one).last_event == "ACCEPTED" for one in numbers), 90)


def dated(hub: str):
    """Until midnight the old certificates, from midnight the new ones; theirs are known a day before they sign."""
    return settings(hub).model_copy(
        update={
            "own": (
                SigningCertificate(serial=OURS, private_key_hex=PRIVATE, not_after=DAY),
                SigningCertificate(serial=OURS_NEW, private_key_hex=NEW_PRIVATE, not_before=DAY + timedelta(days=1)),
            ),
            "peers": (
                PeerCertificate(serial=THEIRS, public_key_hex=PUBLIC, not_after=DAY),
                PeerCertificate(serial=THEIRS_NEW, public_key_hex=NEW_PUBLIC, not_before=DAY),
            ),
        }
    )


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (played.gate, played.intake, played.outgoing):
        monkeypatch.setattr(module, "now", clock.theirs)
    return clock


def rotate(traffic: Traffic, clock: Clock, they) -> None:
    traffic.more()
    they(caller_keys={OURS: PUBLIC, OURS_NEW: NEW_PUBLIC})  # they know our new one
    they(own_serial=THEIRS_NEW, own_key=NEW_PRIVATE)  # and sign with theirs, which we know
    traffic.settled()
    traffic.more()
    clock.to_midnight()  # ours changes by its date, their old one ends by its date
    wait_until(lambda: clock.is_tomorrow, 5)
    traffic.more()
    traffic.settled()
    they(ended=frozenset({OURS}))
    traffic.more()
    traffic.settled()


def answered(office: Office) -> set[str]:
    """The verdicts of all batches and receipts, both ways."""
    with office.database.read() as session:
        return set(session.scalars(select(ExchangeRow.verdict).where(ExchangeRow.kind.in_(("batch", "receipt")))))


def revoked(traffic: Traffic, they) -> None:
    """After the change the old certificates are worth nothing on either side."""
    office = traffic.office
    assert office.security_events() == []
    assert answered(office) == {"00", OK}
    number = make_case_number("500103", DAY, next(serials))
    office.add_case(number)
    they(own_serial=THEIRS, own_key=PRIVATE)
    traffic.submit(number)
    wait_until(lambda: traffic.intake.poll_once().batches == 1, 20)
    assert office.progress(number).last_event is None
    assert set(office.security_events()) == {"BATCH_UNTRUSTED", "RECEIPT_UNTRUSTED"}
    assert answered(office) == {"00", OK, "SW100203"}
    they(ended=frozenset({OURS, OURS_NEW}))
    office.add_case(late := make_case_number("500103", DAY, next(serials)))
    with pytest.raises(PartnerRefused) as refused:
        traffic.submit(late)
    assert refused.value.code == "SW100201"


def test_both_sides_change_certificates_under_traffic_and_nothing_is_refused(tmp_path, monkeypatch, clock):
    theirs = replace(crypto.Identity(), caller_keys={OURS: PUBLIC})
    monkeypatch.setattr(played, "Identity", lambda: theirs)
    office = open_office(tmp_path)
    app = build_app(SandboxSettings(pace_s=0.01), ("southwest",))

    def they(**fields) -> None:
        with app.state.engine.lock:
            for name, value in fields.items():
                object.__setattr__(theirs, name, value)

    with served(app) as hub:
        steps = [{"event": "RECEIVED"}, {"event": "ACCEPTED"}, {"await": "never"}]
        requests.put(f"{hub}/control/default", json={"steps": steps}, timeout=5).raise_for_status()
        with Traffic(office, hub, clock) as traffic:
            rotate(traffic, clock, they)
        assert traffic.faults == []
        revoked(traffic, they)
