"""Sichuan's sandbox and our callback route, talking to each other: commands out, callbacks in, faults between."""

from datetime import UTC, datetime
from itertools import count

import pytest
import requests
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from domain.identifiers import make_case_number
from domain.outbound import HandlingRef
from domain.terms import Partner
from domain.wire import WireState, after_supplement
from partners.sichuan import SichuanAdapter
from sandbox.main import SandboxSettings, build_app
from storage.cases.rows import lock_handling
from tests.contract.peers import wait_until
from tests.contract.serving import served
from tests.contract.test_adapters import phone_of, submission, supplement, withdrawal
from tests.unit.exchange.sichuan_callbacks import SichuanOffice, agreed, open_sichuan_office
from web.api import callbacks

serials = count(500)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"), live=True)
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def sandbox(office: SichuanOffice):
    ours = FastAPI()
    ours.include_router(callbacks.router(Partner.SICHUAN, office.intake, lambda: None))
    with served(ours) as kuayu:
        played = build_app(SandboxSettings(kuayu_url=kuayu, pace_s=0.02), ("sichuan",))
        with served(played) as url:
            yield url


@pytest.fixture
def adapter(sandbox):
    return SichuanAdapter(agreed(base_url=sandbox), lambda: datetime.now(UTC))


@pytest.fixture
def handling():
    number = make_case_number("500103", datetime.now(UTC).date(), next(serials))
    return HandlingRef(handling_no=number, region="511602")


def script(sandbox: str, handling: HandlingRef, *steps: dict | str) -> None:
    body = [step if isinstance(step, dict) else {"event": step} for step in steps]
    requests.put(f"{sandbox}/control/scripts/{phone_of(handling)}", json=body, timeout=5).raise_for_status()


def events(sandbox: str, handling: HandlingRef) -> list[dict]:
    return requests.get(f"{sandbox}/control/cases/{handling.handling_no}", timeout=5).json()["events"]


def all_acknowledged(sandbox: str, handling: HandlingRef, how_many: int) -> None:
    wait_until(lambda: sum(event["acknowledged"] for event in events(sandbox, handling)) == how_many, 15)


def test_out_of_order_and_twice(office, sandbox, adapter, handling):
    office.add_case(handling.handling_no)
    script(
        sandbox,
        handling,
        {"event": "RECEIVED", "hold_until_next": True},
        {"event": "ACCEPTED", "times": 3},
        "REVIEWING",
        {"event": "APPROVED", "times": 2},
        "RESULT_SENT",
    )
    adapter.send(adapter.render(submission(handling)))
    all_acknowledged(sandbox, handling, 5)
    progress = office.progress(handling.handling_no)
    assert (progress.state, progress.last_seq) == (WireState.RESULT_SENT, 5)


def test_callbacks_before_the_case_is_here(office, sandbox, adapter, handling):
    script(sandbox, handling, "RECEIVED", "ACCEPTED", {"await": "never"})
    adapter.send(adapter.render(submission(handling)))
    wait_until(lambda: any("404" in event["answer"] for event in events(sandbox, handling)))
    office.add_case(handling.handling_no)
    all_acknowledged(sandbox, handling, 2)
    assert office.progress(handling.handling_no).last_seq == 2


def test_a_database_that_is_away_for_a_while(office, sandbox, adapter, handling, monkeypatch):
    def away(*_args, **_more):
        raise OperationalError("BEGIN", {}, Exception("away"))

    office.add_case(handling.handling_no)
    script(sandbox, handling, "RECEIVED", {"await": "never"})
    monkeypatch.setattr(office.inbox, "take_new", away)
    adapter.send(adapter.render(submission(handling)))
    wait_until(lambda: any("CY5031" in event["answer"] for event in events(sandbox, handling)))
    monkeypatch.undo()
    all_acknowledged(sandbox, handling, 1)
    assert office.progress(handling.handling_no).state is WireState.RECEIVED


def test_supplement_and_withdrawal_move_both_sides(office, sandbox, adapter, handling):
    office.add_case(handling.handling_no)
    script(sandbox, handling, {"event": "NEED_SUPPLEMENT"}, {"await": "supplement"}, "ACCEPTED", {"await": "never"})
    adapter.send(adapter.render(submission(handling)))
    all_acknowledged(sandbox, handling, 1)
    assert office.progress(handling.handling_no).state is WireState.AWAITING_SUPPLEMENT
    with office.database.write() as session:
        row = lock_handling(session, handling.handling_no)
        row.progress = after_supplement(row.progress, 1)
    adapter.send(adapter.render(supplement(handling)))
    all_acknowledged(sandbox, handling, 2)
    adapter.send(adapter.render(withdrawal(handling)))
    all_acknowledged(sandbox, handling, 4)
    progress = office.progress(handling.handling_no)
    assert (progress.decision, progress.state) == ("WITHDRAWN", WireState.RESULT_SENT)


def test_what_we_refuse_the_sender_stops(office, sandbox, adapter, handling):
    office.add_case(handling.handling_no)
    script(sandbox, handling, "RESUMED", {"await": "never"})
    adapter.send(adapter.render(submission(handling)))
    wait_until(lambda: any(event["stopped"] for event in events(sandbox, handling)))
    assert events(sandbox, handling)[0]["answer"] == "422 CY4222"
    assert office.progress(handling.handling_no).last_seq == 0


def test_a_network_that_is_down_pushes_later(office, sandbox, adapter, handling):
    office.add_case(handling.handling_no)
    script(sandbox, handling, "RECEIVED", {"await": "never"})
    adapter.send(adapter.render(submission(handling)))
    requests.post(f"{sandbox}/control/outage", json={"partner": "sichuan", "seconds": 0.3}, timeout=5)
    all_acknowledged(sandbox, handling, 1)
