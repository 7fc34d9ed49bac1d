"""App key and token are replaced while commands go out and notices come in: no call, secret or seal is refused."""

import re
import threading
from datetime import date
from pathlib import Path

import pytest

import partners.interprovincial.client
import runtime.interprovincial_wire
from domain.errors import PartnerRefused
from partners.attempt import Answer, Attempts
from runtime.keys import DatedKey
from runtime.partner_settings import sandbox_defaults
from tests.contract.peers import wait_until
from tests.contract.test_adapters import submission
from tests.contract.test_interprovincial_both_ways import Hall, opened

TOKEN = sandbox_defaults(1, 2)["interprovincial"]["token"]
OLD, NEW = sandbox_defaults(1, 2)["interprovincial"]["app_key"], "n" * 32


class Recording(Attempts):
    """Keeps what the gateway has answered."""

    answers: list[tuple[str, Answer]] = []

    def make(self, method: str, url: str, **given) -> Answer:
        answer = super().make(method, url, **given)
        self.answers.append((url.rpartition("/")[2], answer))
        return answer

    @classmethod
    def refused(cls) -> list[bytes]:
        """Answers that are no success: another status, another code than "0", a negative code in a RECORD."""
        return [a.body for path, a in cls.answers if a.status != 200 or _is_refusal(path, a.body)]


def _is_refusal(path: str, body: bytes) -> bool:
    if path == "refreshSecret":
        return b'"code":"0"' not in body.replace(b" ", b"")
    return re.search(rb'code=(?:"|&quot;)-', body) is not None


class Traffic:
    """Two threads submit, one polls; each submission is answered by two notices."""

    def __init__(self, hall: Hall) -> None:
        self._hall, self._over = hall, threading.Event()
        self.sent: list[str] = []
        self.faults: list[str] = []
        other = hall.another_process()
        work = [lambda: self._submit(hall.adapter), lambda: self._submit(other), self._poll]
        self._threads = [threading.Thread(target=one) for one in work]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _submit(self, adapter) -> None:
        while not self._over.is_set():
            handling = self._hall.new_case("RECEIVED", "ACCEPTED", {"await": "never"})
            try:
                adapter.send(adapter.render(submission(handling)))
            except Exception as fault:  # noqa: BLE001 – whatever it was, it must not have been
                self.faults.append(repr(fault))
            self.sent.append(handling.handling_no)

    def _poll(self) -> None:
        while not self._over.is_set():
            fault = self._hall.intake.poll_once().fault
            self.faults += [fault] if fault else []

    def through_a_renewal(self) -> None:
        """Some more cases, and secrets that were asked for with the keys of now."""
        target, renewed = len(self.sent) + 6, self._hall.refreshes() + 2
        wait_until(lambda: len(self.sent) >= target and self._hall.refreshes() >= renewed, 60)

    def settled(self) -> bool:
        return all(self._hall.office.progress(number).last_seq == 2 for number in list(self.sent))


class Ours:
    """What we have on this day, the newest first."""

    def __init__(self) -> None:
        self.keys, self.tokens = [OLD], [TOKEN]

    def active(self, dated: tuple[DatedKey, ...], _day: date) -> tuple[str, ...]:
        return tuple(self.tokens if dated[0].text.get_secret_value() == TOKEN else self.keys)


@pytest.fixture
def ours(monkeypatch) -> Ours:
    ours = Ours()
    monkeypatch.setattr(runtime.interprovincial_wire, "active_keys", ours.active)
    monkeypatch.setattr(partners.interprovincial.client, "Attempts", Recording)
    Recording.answers.clear()
    return ours


def test_app_key_and_token_are_replaced_under_traffic_and_nothing_is_refused(tmp_path: Path, ours: Ours):
    with opened(tmp_path) as hall:
        hall.control(
            "PUT", "/interprovincial", {"secret_s": 20.0}
        )  # always within 180 s of its end: renewed at every call
        with Traffic(hall) as traffic:
            traffic.through_a_renewal()
            hall.control("PUT", "/interprovincial", {"app_keys": [NEW, OLD], "tokens": [TOKEN, "T2"]})  # they know both
            traffic.through_a_renewal()
            ours.keys.insert(0, NEW)  # we ask with the new ones
            ours.tokens.insert(0, "T2")
            traffic.through_a_renewal()
            hall.control(
                "PUT", "/interprovincial", {"app_keys": [NEW], "tokens": ["T2"]}
            )  # they have dropped the old ones
            traffic.through_a_renewal()
            ours.keys.pop()
            ours.tokens.pop()
            traffic.through_a_renewal()
            wait_until(traffic.settled, 60)
        assert traffic.faults == []
        assert Recording.refused() == []
        assert len(traffic.sent) >= 30
        assert hall.office.security_events() == []
        ours.keys = [OLD]  # revoked
        hall.control("PUT", "/interprovincial", {"forget_secrets": True})
        with pytest.raises(PartnerRefused) as refused:
            hall.send(submission(hall.new_case({"await": "never"})))
        assert refused.value.code == "REFRESH_REFUSED"
        ours.tokens = [TOKEN]
        with pytest.raises(PartnerRefused) as refused:
            hall.adapter.fetch_notices()
        assert refused.value.code == "GATEWAY_AUTH"
