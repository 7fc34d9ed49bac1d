"""The played gateway, the real adapter and our database together: whatever the wire does, both books agree."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from domain.errors import PartnerError, PartnerRefused, PartnerUnavailable
from domain.identifiers import make_case_number
from domain.outbound import Command, HandlingRef, Receipt
from domain.terms import WireEvent
from domain.wire import WireState, after_supplement
from exchange.interprovincial.intake import InterprovincialIntake
from partners.interprovincial import InterprovincialAdapter
from runtime.interprovincial_wire import interprovincial_adapter
from runtime.partner_settings import InterprovincialSettings, sandbox_defaults
from sandbox.main import SandboxSettings, build_app
from storage.base import Database
from storage.cases.rows import lock_handling
from storage.exchange.inbox import Inbox
from tests.contract.peers import wait_until
from tests.contract.serving import served
from tests.contract.test_adapters import phone_of, submission, supplement, withdrawal
from tests.unit.exchange.interprovincial_office import SEALER, Gateway, Office, open_database

serials = count(700)


def now() -> datetime:
    return datetime.now(UTC)


class Hall:
    """Our side, wired as the worker wires it, against a played gateway at `url`."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        self.url = url
        self.database: Database = open_database(folder)
        self.inbox = Inbox(SEALER)
        self.settings = settings
        self.adapter = self.another_process()
        self.intake = InterprovincialIntake(self.database, self.inbox, self.adapter, now)
        self.office = Office(self.database, self.inbox, Gateway(), self.intake)

    def another_process(self) -> InterprovincialAdapter:
        given = {**sandbox_defaults(1, 2)["interprovincial"], "gateway_url": self.url, **self.settings}
        return interprovincial_adapter(InterprovincialSettings(**given), self.database, SEALER, now)

    def new_case(self, *steps: dict[str, Any] | str) -> HandlingRef:
        number = make_case_number("500103", now().date(), next(serials))
        handling = HandlingRef(handling_no=number, region="440103")
        body = [step if isinstance(step, dict) else {"event": step} for step in steps]
        self.control("PUT", f"/scripts/{phone_of(handling)}", body)
        self.office.add_case(number)
        return handling

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/control{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str, times: int = 1) -> None:
        self.control("POST", "/outage", {"partner": "interprovincial", "kind": kind, "times": times, "delay_s": 0.1})

    def send(self, command: Command) -> Receipt:
        return self.adapter.send(self.adapter.render(command))

    def poll_until(self, done: Callable[[], bool], before: Callable[[], None] = lambda: None) -> None:
        def polled() -> bool:
            before()
            self.intake.poll_once()
            return done()

        wait_until(polled, 20)

    def events(self, handling: HandlingRef) -> list[dict[str, Any]]:
        return self.control("GET", f"/cases/{handling.handling_no}")["events"]

    def all_confirmed(self, handling: HandlingRef, how_many: int) -> bool:
        return sum(event["acknowledged"] for event in self.events(handling)) == how_many

    def counts(self, handling: HandlingRef) -> list[int]:
        kept = self.control("GET", "/effects").get("interprovincial", {})
        return [entry["count"] for entry in kept.values() if entry["handlingNo"] == handling.handling_no]

    def refreshes(self) -> int:
        return self.control("GET", "/interprovincial")["refreshes"]


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[Hall]:
    with served(build_app(SandboxSettings(pace_s=0.01), ("interprovincial",))) as url:
        hall = Hall(folder, url, **settings)
        hall.control("PUT", "/interprovincial", {"lease_s": 0.1})
        yield hall
        hall.database.close()


@pytest.fixture(scope="module")
def connected(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


@pytest.fixture
def hall(connected: Hall):
    yield connected
    connected.control("POST", "/outage", {"partner": "interprovincial", "on": False})


def test_out_of_order_and_twice(hall: Hall):
    handling = hall.new_case(
        {"event": "RECEIVED", "hold_until_next": True},
        {"event": "ACCEPTED", "times": 3},
        "REVIEWING",
        {"event": "APPROVED", "times": 2},
        "RESULT_SENT",
    )
    hall.send(submission(handling))
    hall.poll_until(lambda: hall.all_confirmed(handling, 5))
    progress = hall.office.progress(handling.handling_no)
    assert (progress.state, progress.last_seq) == (WireState.RESULT_SENT, 5)


def test_unknown_and_contradicting_notices_are_confirmed_and_change_nothing(hall: Hall):
    handling = hall.new_case("RECEIVED", "SOMETHING_NEW", "ACCEPTED", "APPROVED", "REJECTED")
    hall.send(submission(handling))
    hall.poll_until(lambda: hall.all_confirmed(handling, 5))
    progress = hall.office.progress(handling.handling_no)
    assert (progress.decision, progress.last_seq) == (WireEvent.APPROVED, 5)


@pytest.mark.parametrize("kind", ["lost_answer", "busy", "down", "slow"])
@pytest.mark.parametrize("turn", ["fetch", "confirm"])
def test_a_fault_while_notices_are_taken_loses_and_repeats_nothing(hall: Hall, kind: str, turn: str):
    handling = hall.new_case("RECEIVED", "ACCEPTED", "REVIEWING")
    hall.send(submission(handling))
    wait_until(lambda: len(hall.events(handling)) == 3)
    if turn == "fetch":
        hall.fault(kind)
    else:
        fetched = hall.adapter.fetch_notices()
        hall.fault(kind)
        assert fetched.notices
    hall.poll_until(lambda: hall.all_confirmed(handling, 3))
    assert hall.office.progress(handling.handling_no).last_seq == 3


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_case_over_a_bad_wire_has_one_effect_per_key(hall: Hall, seed: int):
    chance = random.Random(seed)
    handling = hall.new_case("RECEIVED", {"event": "NEED_SUPPLEMENT"}, {"await": "supplement"}, "ACCEPTED", "REVIEWING")

    def perhaps_a_fault() -> None:
        if chance.random() < 0.4:
            hall.fault(chance.choice(["lost_answer", "busy", "down"]))

    def say(command: Command) -> None:
        rendered = hall.adapter.render(command)
        for _ in range(50):
            perhaps_a_fault()
            try:
                hall.adapter.send(rendered)
            except PartnerRefused:
                raise
            except PartnerError:
                continue
            return
        raise AssertionError("never arrived")

    number = handling.handling_no
    say(submission(handling))
    hall.poll_until(lambda: hall.office.progress(number).state is WireState.AWAITING_SUPPLEMENT, perhaps_a_fault)
    with hall.database.write() as session:
        row = lock_handling(session, number)
        row.progress = after_supplement(row.progress, 1)
    say(supplement(handling))
    hall.poll_until(lambda: hall.all_confirmed(handling, 4), perhaps_a_fault)
    say(withdrawal(handling))
    hall.poll_until(lambda: hall.office.progress(number).decision is WireEvent.WITHDRAWN, perhaps_a_fault)
    assert hall.counts(handling) == [1, 1, 1]
    assert hall.office.security_events() == []


def test_processes_share_one_secret_and_it_is_renewed_in_time(tmp_path: Path):
    with opened(tmp_path) as hall:
        others = [hall.another_process() for _ in range(3)]
        for adapter in (hall.adapter, *others):
            adapter.fetch_notices()
        assert hall.refreshes() == 1
        hall.control("PUT", "/interprovincial", {"forget_secrets": True})
        for adapter in (hall.adapter, *others):
            adapter.fetch_notices()
        assert hall.refreshes() == 2


def test_an_app_key_is_replaced_under_traffic_without_a_refused_call(tmp_path: Path):
    """Ours has both keys, the newer first; theirs knows the old one, then both, then the new one alone."""
    old, new = sandbox_defaults(1, 2)["interprovincial"]["app_key"], "n" * 32
    yesterday = (now() - timedelta(days=1)).date()
    with opened(tmp_path, app_key=f"{new}@{yesterday}/,{old}") as hall:
        hall.control("PUT", "/interprovincial", {"secret_s": 1.0})
        for keys in ([old], [new, old], [new]):
            hall.control("PUT", "/interprovincial", {"app_keys": keys})
            before = hall.refreshes()
            for _ in range(3):
                hall.send(submission(hall.new_case({"await": "never"})))
            assert hall.refreshes() > before  # a secret of 1 s is always within 180 s of its end


def test_a_key_that_nobody_knows_is_refused_for_good(tmp_path: Path):
    with opened(tmp_path, app_key="x" * 32) as hall:
        with pytest.raises(PartnerRefused):
            hall.adapter.fetch_notices()
        assert hall.intake.poll_once().fault == "REFRESH_REFUSED"
    with opened(tmp_path / "..", token="another") as hall, pytest.raises(PartnerRefused) as raised:
        hall.adapter.fetch_notices()
    assert raised.value.code == "GATEWAY_AUTH"


def test_a_case_that_comes_later_finds_its_notices(hall: Hall):
    handling = HandlingRef(handling_no=make_case_number("500103", now().date(), next(serials)), region="440103")
    hall.control("PUT", f"/scripts/{phone_of(handling)}", [{"event": "RECEIVED"}, {"event": "ACCEPTED"}])
    hall.send(submission(handling))
    hall.poll_until(lambda: hall.all_confirmed(handling, 2))  # parked ones are confirmed too
    hall.office.add_case(handling.handling_no)
    assert hall.office.progress(handling.handling_no).last_seq == 2


def test_a_gateway_that_is_down_is_reported_not_raised(hall: Hall):
    hall.fault("down")
    report = hall.intake.poll_once()
    assert (report.fault, report.came) == ("HTTP502", False)
    with pytest.raises(PartnerUnavailable):
        hall.fault("down")
        hall.send(submission(hall.new_case({"await": "never"})))
