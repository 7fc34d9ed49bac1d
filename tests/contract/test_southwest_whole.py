"""The Southwest wire as a whole over real HTTP: faults on the way, both sides killed in between, one effect each."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from domain.errors import PartnerError
from domain.outbound import Command, Rendered
from domain.terms import Notice, WireEvent
from domain.wire import after_submit, after_supplement
from exchange.southwest.intake import SouthwestIntake
from exchange.southwest.reconciliation import southwest_differences
from exchange.southwest.streams import SouthwestStreams
from partners.southwest import SouthwestAdapter
from sandbox.main import SandboxSettings, build_app
from storage.cases.rows import lock_handling
from storage.exchange.inbox import Inbox
from storage.exchange.southwest import SouthwestRowOut
from storage.sealing import Sealer
from tests.contract.peer_southwest import settings
from tests.contract.peers import wait_until
from tests.contract.serving import served
from tests.contract.test_adapters import notice, submission, supplement, withdrawal
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import HANDLING, YUNNAN

SEALER = Sealer({"s1": b"k" * 32})
STEPS = [
    {"event": "RECEIVED", "times": 2},
    {"event": "NEED_SUPPLEMENT"},
    {"await": "supplement"},
    {"event": "ACCEPTED"},
    {"event": "SUSPENDED"},
    {"event": "RESUMED", "times": 2},
    {"event": "APPROVED"},
    {"event": "RESULT_SENT"},
]


class OurSide:
    """What one process of ours holds in memory; a new one is a process that was killed and started again."""

    def __init__(self, office: Office, hub: str) -> None:
        streams = SouthwestStreams(office.database, SEALER)
        self.adapter = SouthwestAdapter(settings(hub), streams, lambda: datetime.now(UTC))
        self.intake = SouthwestIntake(
            office.database, SEALER, Inbox(SEALER), self.adapter, streams, lambda: datetime.now(UTC)
        )

    def say(self, office: Office, command: Command) -> Rendered:
        """Until the hub has it, as Temporal would."""
        rendered = self.adapter.render(command)
        _note_said(office, command)
        wait_until(lambda: self._sent(rendered))
        return rendered

    def _sent(self, rendered: Rendered) -> bool:
        try:
            self.adapter.send(rendered)
        except PartnerError as fault:
            assert fault.code in ("SW900001", "HTTP_502", "ANSWER_LOST")
            return False
        return True

    def poll_until(self, office: Office, number: str, event: WireEvent) -> None:
        def came() -> bool:
            self.intake.poll_once()
            return office.progress(number).last_event is event

        wait_until(came, 20)


def _note_said(office: Office, command: Command) -> None:
    """What the command activity does to the wire's progress."""
    with office.database.write() as session:
        handling = lock_handling(session, command.handling.handling_no)
        assert handling is not None
        if command.kind == "submit":
            handling.progress = after_submit(handling.progress)
        elif command.kind == "supplement":
            handling.progress = after_supplement(handling.progress, 1)


def control(hub: str, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(method, f"{hub}/control{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


def hub_with(state: Path):
    return served(build_app(SandboxSettings(state=state, pace_s=0.01), ("southwest",)))


@pytest.mark.parametrize("seed", range(2))
def test_faults_and_kills_on_the_way(office: Office, tmp_path, seed):
    dice, state = random.Random(seed), tmp_path / "sandbox.db"
    refs = [office.command("x", HANDLING).handling, office.command("x", YUNNAN, "530102").handling]

    def trouble(hub: str) -> None:
        kind = dice.choice(["busy", "down", "lost_answer"])
        control(hub, "POST", "/outage", {"partner": "southwest", "kind": kind, "times": dice.randint(1, 2)})

    with hub_with(state) as hub:
        control(hub, "PUT", "/default", {"steps": STEPS, "pace_s": 0.01})
        ours = OurSide(office, hub)
        for ref in refs:
            trouble(hub)
            ours.say(office, submission(ref))
        for ref in refs:
            trouble(hub)
            ours.poll_until(office, ref.handling_no, WireEvent.NEED_SUPPLEMENT)
    with hub_with(state) as hub:
        ours = OurSide(office, hub)
        for ref in refs:
            trouble(hub)
            ours.say(office, supplement(ref))
            ours.say(office, notice(ref, Notice.PAPERS_SENT))
        for ref in refs:
            trouble(hub)
            ours.poll_until(office, ref.handling_no, WireEvent.RESULT_SENT)
        ours = OurSide(office, hub)
        for ref in refs:
            ours.say(office, notice(ref, Notice.DELIVERED))
        wait_until(lambda: ours.intake.poll_once().fault == "" and _all_confirmed(office))
        _compare(office, hub)


def test_a_withdrawal_under_way(office: Office, tmp_path):
    ref = office.command("x").handling
    with hub_with(tmp_path / "sandbox.db") as hub:
        control(hub, "PUT", "/default", {"steps": [{"event": "RECEIVED"}, {"await": "never"}], "pace_s": 0.01})
        ours = OurSide(office, hub)
        ours.say(office, submission(ref))
        ours.poll_until(office, ref.handling_no, WireEvent.RECEIVED)
        ours.say(office, withdrawal(ref))
        ours.poll_until(office, ref.handling_no, WireEvent.RESULT_SENT)
        assert office.progress().decision is WireEvent.WITHDRAWN
        wait_until(lambda: ours.intake.poll_once().fault == "" and _all_confirmed(office))
        _compare(office, hub)


def _all_confirmed(office: Office) -> bool:
    with office.database.read() as session:
        return set(session.scalars(select(SouthwestRowOut.state))) == {"CONFIRMED"}


def _compare(office: Office, hub: str) -> None:
    """Their books against ours: one effect per key, every event receipted, nothing left over."""
    effects = control(hub, "GET", "/effects")["southwest"]
    with office.database.read() as session:
        sent = {row.row_guid for row in session.scalars(select(SouthwestRowOut))}
        assert southwest_differences(session, datetime.now(UTC) + timedelta(hours=25)) == []
    assert {key.partition(":")[0] for key in effects} == sent
    assert {entry["count"] for entry in effects.values()} == {1}
    for case in control(hub, "GET", "/cases"):
        assert all(event["acknowledged"] for event in case["events"]), case
        assert case["outcome"] == office.progress(case["handlingNo"]).decision
    assert office.security_events() == []
