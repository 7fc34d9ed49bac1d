"""What an online case costs of our own database (decisions.md 48): nobody adds statements to it without noticing."""

import pytest

from activities.commands import Commands
from activities.records import Records
from catalog.workdays import bundled_calendar
from domain.messages import ClockOrder, CommandOrder, CommandOutcome, DeadlineKind
from domain.outbound import Receipt, Rendered
from domain.recording import CaseChange, CaseChanges, PassingOn
from domain.terms import CaseStatus, CommandKind, Partner
from exchange.sichuan.intake import SichuanIntake
from runtime.workers import clockwork_over
from tests.counted import counted
from tests.unit.exchange.office import NOW
from tests.unit.exchange.sichuan_callbacks import agreed, callback, content
from tests.unit.web.hall import Hall, case_body

REGISTERED = (25, 1)
PASSED_ON = (24, 3)
SAID = (8, 1)
WRITTEN = (11, 1)
"""Statements and commits at most: of a registration; of a submission with one file; of a callback; of a step with a
message to the applicant and a clock. Some statements more than it takes now, fewer than anybody would add unseen."""


class Network:
    """Takes every word."""

    partner = Partner.SICHUAN

    def render(self, command):
        return Rendered(
            partner=self.partner,
            key=command.key,
            kind=command.kind,
            handling_no=command.handling.handling_no,
            content=b"{}",
            meta={},
        )

    def put_file(self, handling, sha256, data):
        pass

    def send(self, rendered):
        return Receipt(received_at=NOW, partner_no="SC-77")


class Desk:
    """The worker's side of one case, step after step."""

    def __init__(self, hall: Hall) -> None:
        database, inbox = hall.database, hall.context.inbox
        self.records = Records(database, inbox, clockwork_over(bundled_calendar), lambda: NOW)
        networks = {Partner.SICHUAN: Network()}
        self.commands = Commands(
            database, hall.context.sealer, hall.context.documents, inbox, networks, self.records, lambda: NOW
        )
        self.intake = SichuanIntake(database, inbox, agreed(), lambda: NOW)
        self.steps = 0

    def step(self, case_no: str, status: CaseStatus, *start: DeadlineKind, **more) -> CaseChange:
        self.steps += 1
        given = {"on_hold": False, "withdrawal_pending": False, "handling_no": case_no, "handling_status": status}
        return CaseChange(
            key=f"{self.steps}-{status}",
            case_no=case_no,
            kind=status,
            at=NOW,
            case_status=status,
            start=tuple(ClockOrder(kind=kind, start_at=NOW) for kind in start),
            **given | more,
        )

    def write(self, change: CaseChange) -> None:
        self.records.record_all(CaseChanges(changes=(change,)))

    def pass_on(self, case_no: str) -> None:
        order = CommandOrder(
            key=f"{case_no}-submit-1",
            case_no=case_no,
            handling_no=case_no,
            partner=Partner.SICHUAN,
            kind=CommandKind.SUBMIT,
            at=NOW,
        )
        step = self.step(case_no, CaseStatus.SUBMITTED, DeadlineKind.ACCEPTANCE)
        assert self.commands.pass_on(PassingOn(order=order, step=step)).result.outcome is CommandOutcome.TAKEN

    def hear(self, case_no: str, event: str, seq: int) -> None:
        said = content(event, seq, event_id=f"evt_{seq:08d}", caseNo=case_no)
        assert self.intake.take(callback(said)).status == 200


@pytest.fixture
def desk(hall: Hall) -> Desk:
    return Desk(hall)


def within(cost, allowed: tuple[int, int]) -> None:
    statements = "\n".join(cost.statements)
    assert len(cost.statements) <= allowed[0], f"{len(cost.statements)} statements:\n{statements}"
    assert cost.commits <= allowed[1], f"{cost.commits} commits:\n{statements}"


def with_files(hall: Hall, body: dict) -> dict:
    sha256 = hall.uploaded()
    told = [m | {"sha256": sha256} if m["provided"] == "electronic" else m for m in body["materials"]]
    return body | {"materials": told}


def test_a_registration(hall: Hall):
    hall.as_()
    hall.started()  # what is read once
    body = with_files(hall, case_body())
    with counted() as cost:
        assert hall.as_().post("/api/v1/cases", json=body, headers={"Idempotency-Key": "k" * 16}).status_code == 201
    within(cost, REGISTERED)


def test_a_submission(hall: Hall, desk: Desk):
    case_no = hall.started()
    desk.write(desk.step(case_no, CaseStatus.COLLECTED, DeadlineKind.POSTING))
    with counted() as cost:
        desk.pass_on(case_no)
    within(cost, PASSED_ON)


def test_a_callback_and_the_step_that_follows(hall: Hall, desk: Desk):
    case_no = hall.started()
    desk.pass_on(case_no)
    desk.hear(case_no, "RECEIVED", 1)  # the first one of a minute forgets old nonces
    with counted() as cost:
        desk.hear(case_no, "ACCEPTED", 2)
    within(cost, SAID)
    with counted() as cost:
        desk.write(desk.step(case_no, CaseStatus.ACCEPTED, DeadlineKind.DECISION_PROMISED))
    within(cost, WRITTEN)


def test_steps_of_one_moment_cost_one_transaction(hall: Hall, desk: Desk):
    case_no = hall.started()
    desk.pass_on(case_no)
    steps = tuple(desk.step(case_no, status) for status in (CaseStatus.RECEIVED, CaseStatus.ACCEPTED))
    with counted() as cost:
        desk.records.record_all(CaseChanges(changes=steps))
    within(cost, WRITTEN)
