"""Keys are replaced on both sides while commands and callbacks go back and forth: nobody refuses anything."""

import threading
from datetime import UTC, datetime
from itertools import count

import requests
from fastapi import FastAPI

import sandbox.partners.sichuan
from domain.identifiers import make_case_number
from domain.outbound import HandlingRef
from domain.terms import Partner
from partners.sichuan import SichuanAdapter
from sandbox.main import SandboxSettings, build_app
from sandbox.partners.sichuan import crypto
from tests.contract.peers import wait_until
from tests.contract.serving import served
from tests.contract.test_adapters import submission
from tests.unit.exchange.sichuan_callbacks import OUR_KEY, PARTNER_KEY, SichuanOffice, agreed, open_sichuan_office
from web.api import callbacks

NEW_OURS, NEW_THEIRS = "n" * 32, "m" * 32
serials = count(700)


class Traffic:
    """Submissions without a pause; the played authority answers each with two callbacks."""

    def __init__(self, office: SichuanOffice, adapter: SichuanAdapter) -> None:
        self._office, self._adapter = office, adapter
        self._over = threading.Event()
        self.sent: list[str] = []
        self.faults: list[Exception] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            number = make_case_number("500103", datetime.now(UTC).date(), next(serials))
            self._office.add_case(number)
            handling = HandlingRef(handling_no=number, region="511602")
            try:
                self._adapter.send(self._adapter.render(submission(handling)))
            except Exception as fault:  # noqa: BLE001 – whatever it was, it must not have been
                self.faults.append(fault)
            self.sent.append(number)

    def ten_more(self) -> None:
        target = len(self.sent) + 10
        wait_until(lambda: len(self.sent) >= target, 30)


class Keys:
    """What each side signs with, and what it accepts of the other."""

    def __init__(self) -> None:
        self.ours, self.theirs = [OUR_KEY], [PARTNER_KEY]
        self.identity = crypto.Identity()

    def settings(self, base_url: str):
        return agreed(base_url=base_url, our_keys=lambda _: tuple(self.ours), partner_keys=lambda _: tuple(self.theirs))

    def they(self, **fields: tuple[str, ...]) -> None:
        for name, keys in fields.items():
            object.__setattr__(self.identity, name, tuple(key.encode() for key in keys))


def events(url: str) -> list[dict]:
    cases = requests.get(f"{url}/control/cases", timeout=20).json()
    return [event for case in cases for event in case["events"]]


def acknowledged(url: str) -> int:
    return sum(event["acknowledged"] for event in events(url))


def unacknowledged(url: str) -> set[str]:
    return {event["eventId"] for event in events(url) if not event["acknowledged"]}


def steps(keys: Keys):
    """Each step is taken by one side alone, at its own time."""
    yield lambda: keys.ours.insert(0, NEW_OURS)  # we sign with both
    yield lambda: keys.they(caller_keys=(NEW_OURS,))  # they have exchanged ours
    yield lambda: keys.ours.pop()
    yield lambda: keys.theirs.append(NEW_THEIRS)  # we accept both of theirs
    yield lambda: keys.they(own_keys=(NEW_THEIRS,))  # they sign with the new one
    yield lambda: keys.theirs.pop(0)


def test_six_steps_of_rotation_under_traffic(tmp_path, monkeypatch):
    keys = Keys()
    monkeypatch.setattr(sandbox.partners.sichuan, "Identity", lambda: keys.identity)
    office = open_sichuan_office(
        tmp_path, live=True, our_keys=lambda _: tuple(keys.ours), partner_keys=lambda _: tuple(keys.theirs)
    )
    ours = FastAPI()
    ours.include_router(callbacks.router(Partner.SICHUAN, office.intake, lambda: None))
    with served(ours) as kuayu:
        played = build_app(SandboxSettings(kuayu_url=kuayu, pace_s=0.02), ("sichuan",))
        with served(played) as url:
            adapter = SichuanAdapter(keys.settings(url), lambda: datetime.now(UTC))
            steps_of_default = [{"event": "RECEIVED"}, {"event": "ACCEPTED"}, {"await": "never"}]
            requests.put(f"{url}/control/default", json={"steps": steps_of_default}, timeout=5).raise_for_status()
            with Traffic(office, adapter) as traffic:
                traffic.ten_more()
                for step in steps(keys):
                    step()
                    under_way = unacknowledged(url)
                    traffic.ten_more()
                    # What was signed before has arrived before the next step, as the overlap of a day sees to.
                    wait_until(lambda before=under_way: not before & unacknowledged(url), 60)
            wait_until(lambda: acknowledged(url) == 2 * len(traffic.sent), 60)
            attempts = [event["attempts"] for event in events(url)]
            assert all(office.progress(number).last_seq == 2 for number in traffic.sent)
    assert traffic.faults == []
    assert len(attempts) == 2 * len(traffic.sent) >= 140
    assert set(attempts) == {1}
    assert office.security_events() == []
    office.database.close()
