"""One attempt to say something: what is stored, what is tried again, who is waited for, what a person must decide."""

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from activities.commands import Commands
from activities.records import Records
from catalog.workdays import bundled_calendar
from domain.dossier import DossierMaterial
from domain.errors import AnswerLost, PartnerRefused, PartnerResting, PartnerUnavailable
from domain.filled_form import FilledForm
from domain.identifiers import make_case_number
from domain.inbound import EventPayload
from domain.messages import ClockOrder, CommandOrder, CommandOutcome, DeadlineKind, ItemBrief
from domain.outbound import Receipt, Rendered
from domain.recording import CaseChange, PassingOn
from domain.terms import CaseStatus, CommandKind, ItemKind, MaterialForm, Notice, Partner, Provided, WireEvent
from domain.wire import WireState
from partners.signed_text import tell
from runtime.workers import clockwork_over
from storage.base import Base, Database
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, write_dossier
from storage.documents.folder import FolderBlobs
from storage.documents.store import Documents
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.inbox import Inbox
from storage.exchange.outbox import CommandRow, CommandState
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER, message, register


class Network:
    """Takes words, or fails as the next of `faults` says; tells its status when asked."""

    partner = Partner.SICHUAN

    def __init__(self) -> None:
        self.faults: list[Exception | None] = []
        self.status = None
        self.rendered = 0
        self.sent: list[Rendered] = []
        self.files: list[str] = []
        self.asked = 0
        self.command = None

    def render(self, command):
        self.rendered += 1
        self.command = command
        words = f"{command.kind} {self.rendered}".encode()
        return Rendered(
            partner=self.partner, key=command.key, kind=command.kind, handling_no=CASE, content=words, meta={}
        )

    def send(self, rendered):
        self.sent.append(rendered)
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        return Receipt(received_at=NOW, partner_no="SC-77")

    def put_file(self, handling, sha256, data):
        assert hashlib.sha256(data).hexdigest() == sha256
        self.files.append(sha256)

    def query(self, handling):
        self.asked += 1
        return self.status


class Desk:
    def __init__(self, database: Database, folder) -> None:
        self.database, self.network, self.clock = database, Network(), [NOW]
        inbox, self.documents = Inbox(SEALER), Documents(FolderBlobs(folder), SEALER)
        adapters = dict.fromkeys(Partner, self.network)
        self.records = Records(database, inbox, clockwork_over(bundled_calendar), lambda: self.clock[0])
        self.commands = Commands(database, SEALER, self.documents, inbox, adapters, self.records, lambda: self.clock[0])

    def say(self, kind=CommandKind.SUBMIT, key="k-submit-1", number=CASE, **other):
        order = CommandOrder(
            key=key, case_no=number, handling_no=number, partner=self.network.partner, kind=kind, at=NOW, **other
        )
        return self.commands.send_command(order)

    def pass_on(self, number=CASE, start=(), partner=True):
        order = CommandOrder(
            key=f"{number}-submit-1",
            case_no=number,
            handling_no=number,
            partner=self.network.partner if partner else None,
            kind=CommandKind.SUBMIT,
            at=NOW,
        )
        step = CaseChange(
            key="3-SUBMITTED",
            case_no=number,
            kind="SUBMITTED",
            at=NOW,
            case_status=CaseStatus.SUBMITTED,
            on_hold=False,
            withdrawal_pending=False,
            handling_no=number,
            handling_status=CaseStatus.SUBMITTED,
            start=start,
        )
        return self.commands.pass_on(PassingOn(order=order, step=step))

    def collected(self) -> None:
        with self.database.write() as session:
            session.get_one(HandlingRow, CASE).status = CaseStatus.COLLECTED
            session.get_one(CaseRow, CASE).start = {"item": ITEM.model_dump(mode="json")}

    def steps(self) -> list[tuple[str, datetime]]:
        with self.database.read() as session:
            query = select(CaseEventRow.key, CaseEventRow.at).filter_by(key="3-SUBMITTED")
            return [(key, at) for key, at in session.execute(query)]

    def bring(self, *scans: bytes, number=CASE) -> list[str]:
        """Scans in the dossier; their hashes."""
        names = [hashlib.sha256(scan).hexdigest() for scan in scans]
        materials = tuple(
            DossierMaterial(seq=n, name="表", form=MaterialForm.COPY, provided=Provided.COPY, sha256=name)
            for n, name in enumerate(names, 1)
        )
        with self.database.write() as session:
            for scan in scans:
                self.documents.put(session, self.documents.admit(scan), NOW)
            case = session.get_one(CaseRow, number)
            write_dossier(case, SEALER, DOSSIER.model_copy(update={"materials": materials}))
        return names

    def handling(self) -> HandlingRow:
        with self.database.read() as session:
            return session.get_one(HandlingRow, CASE)

    def command(self, key="k-submit-1") -> CommandRow:
        with self.database.read() as session:
            return session.get_one(CommandRow, key)

    def verdicts(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(ExchangeRow.verdict).order_by(ExchangeRow.id)))

    def move(self, **progress) -> None:
        with self.database.write() as session:
            row = session.get_one(HandlingRow, CASE)
            row.progress = row.progress.model_copy(update=progress)


@pytest.fixture
def desk(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    register(database, state=WireState.UNSENT)
    yield Desk(database, tmp_path)
    database.close()


def test_rendered_once_stored_sealed_and_sent(desk):
    desk.network.faults = [PartnerUnavailable("忙", code="HTTP503"), AnswerLost("断", code="ANSWER_LOST"), None]
    for _ in range(2):
        with pytest.raises(ApplicationError):
            desk.say()
    assert desk.say().outcome is CommandOutcome.TAKEN
    assert desk.network.rendered == 1
    assert {one.content for one in desk.network.sent} == {b"submit 1"}
    row = desk.command()
    assert (row.state, row.attempts, row.error) == (CommandState.SENT, 3, None)
    assert b"submit" not in row.content
    assert desk.verdicts() == ["HTTP503", "ANSWER_LOST", "OK"]
    assert desk.handling().partner_no == "SC-77"
    assert desk.handling().wire_state == WireState.SUBMITTED


@pytest.mark.parametrize("form", [None, FilledForm(version="1", answers={"values": {"reason": "遗失"}}, lines=())])
def test_what_was_filled_in_goes_with_the_submission_where_there_is_something(desk, form):
    with desk.database.write() as session:
        write_dossier(session.get_one(CaseRow, CASE), SEALER, DOSSIER.model_copy(update={"form": form}))
    desk.say()
    assert desk.network.command.body.form == form


ITEM = ItemBrief(code="YZ-1", name="事项", kind=ItemKind.PROMISED, statutory_days=20, promised_days=10)
ACCEPTANCE = ClockOrder(kind=DeadlineKind.ACCEPTANCE, start_at=NOW)


def test_a_submission_is_recorded_with_its_taking_and_its_clocks_start_then(desk):
    desk.collected()
    desk.network.faults = [PartnerUnavailable("忙", code="HTTP503"), None]
    with pytest.raises(ApplicationError):
        desk.pass_on(start=(ACCEPTANCE,))
    assert (desk.steps(), desk.handling().status) == ([], CaseStatus.COLLECTED)
    desk.clock[0] = later = NOW + timedelta(days=2)
    passed = desk.pass_on(start=(ACCEPTANCE,))
    assert passed.result.outcome is CommandOutcome.TAKEN
    assert [deadline.start_at for deadline in passed.deadlines] == [later]
    assert (desk.steps(), desk.handling().status) == ([("3-SUBMITTED", later)], CaseStatus.SUBMITTED)


def test_a_submission_whose_answer_to_the_workflow_was_lost_is_recorded_once(desk):
    desk.collected()
    first = desk.pass_on(start=(ACCEPTANCE,))
    desk.clock[0] = NOW + timedelta(days=9)
    again = desk.pass_on(start=(ACCEPTANCE,))
    assert again.deadlines == first.deadlines
    assert desk.steps() == [("3-SUBMITTED", NOW)]


def test_a_submission_that_is_refused_is_not_recorded(desk):
    desk.collected()
    desk.network.faults = [PartnerRefused("不行", code="CY4222")]
    passed = desk.pass_on(start=(ACCEPTANCE,))
    assert (passed.result.outcome, passed.deadlines, desk.steps()) == (CommandOutcome.REFUSED, (), [])
    assert desk.handling().status == CaseStatus.COLLECTED


def test_a_submission_to_our_own_city_is_recorded_too(desk):
    desk.collected()
    passed = desk.pass_on(start=(ACCEPTANCE,), partner=False)
    assert passed.result.outcome is CommandOutcome.TAKEN
    assert desk.steps() == [("3-SUBMITTED", NOW)]


def test_who_is_waited_for_and_since_when(desk):
    desk.network.faults = [PartnerUnavailable("忙"), PartnerUnavailable("忙"), None]
    for minute in range(2):
        desk.clock[0] = NOW + timedelta(minutes=minute)
        with pytest.raises(ApplicationError):
            desk.say()
    assert desk.handling().waiting_since == NOW
    desk.say()
    assert desk.handling().waiting_since is None


def test_a_resting_network_is_waited_for_without_an_attempt(desk):
    desk.network.faults = [PartnerResting("稍后", code="BREAKER_OPEN", retry_after_s=41.5)]
    with pytest.raises(ApplicationError) as later:
        desk.say()
    assert later.value.next_retry_delay == timedelta(seconds=41.5)
    assert not later.value.non_retryable
    assert desk.handling().waiting_since == NOW
    assert desk.command().attempts == 0
    assert desk.verdicts() == []


def test_the_networks_own_pace_is_kept(desk):
    desk.network.faults = [PartnerUnavailable("忙", code="CY4291", retry_after_s=7)]
    with pytest.raises(ApplicationError) as later:
        desk.say()
    assert later.value.next_retry_delay == timedelta(seconds=7)


SCANS = b"%PDF-1", b"%PDF-2"


def test_a_file_goes_once_however_often_the_command_goes(desk):
    first, second = desk.bring(*SCANS)
    desk.network.faults = [AnswerLost("断"), PartnerUnavailable("忙"), None]
    for _ in range(2):
        with pytest.raises(ApplicationError):
            desk.say()
    desk.say()
    assert desk.network.files == [first, second]


def test_a_file_goes_again_with_what_a_person_sends_again(desk):
    (name,) = desk.bring(SCANS[0])
    desk.network.faults = [PartnerRefused("不", code="CY4221"), None]
    desk.say()
    desk.say()
    assert desk.network.files == [name, name], "the partner may have lost it"


@pytest.mark.parametrize("partner", Partner)
def test_a_file_is_known_by_its_hash_or_in_c_once_per_handling(desk, partner):
    desk.network.partner = partner
    other = make_case_number("500103", NOW.date(), 9)
    register(desk.database, other, partner, WireState.UNSENT)
    for number in (CASE, other):
        (name,) = desk.bring(SCANS[0], number=number)
        desk.say(key=f"{number}-submit-1", number=number)
    assert desk.network.files == [name] * (2 if partner is Partner.INTERPROVINCIAL else 1)


def test_a_refusal_is_final_and_can_be_sent_again_by_a_person(desk):
    desk.network.faults = [PartnerRefused("不", code="CY4221"), None]
    result = desk.say()
    assert (result.outcome, result.code) == (CommandOutcome.REFUSED, "CY4221")
    assert (desk.command().state, desk.command().error) == (CommandState.REFUSED, "CY4221")
    assert desk.handling().waiting_since is None
    assert desk.say().outcome is CommandOutcome.TAKEN
    assert desk.network.rendered == 1


def test_after_a_lost_answer_it_is_repeated_and_only_then_asked_about(desk):
    desk.network.faults = [AnswerLost("断")] * 2
    desk.network.status = message(WireEvent.ACCEPTED, 2)
    with pytest.raises(ApplicationError):
        desk.say()
    assert desk.network.asked == 0
    assert desk.say().outcome is CommandOutcome.TAKEN
    assert desk.network.asked == 1
    assert desk.command().state == CommandState.SENT


@pytest.mark.parametrize(
    ("kind", "status", "has_it"),
    [
        (CommandKind.SUBMIT, None, False),
        (CommandKind.SUBMIT, message(WireEvent.RECEIVED, 1), True),
        (CommandKind.SUPPLEMENT, message(WireEvent.NEED_SUPPLEMENT, 3), False),
        (CommandKind.SUPPLEMENT, message(WireEvent.NEED_SUPPLEMENT, 4, payload=EventPayload(round=2)), True),
        (CommandKind.SUPPLEMENT, message(WireEvent.REVIEWING, 4), True),
        (CommandKind.WITHDRAW, message(WireEvent.REVIEWING, 4), False),
        (CommandKind.WITHDRAW, message(WireEvent.WITHDRAWN, 4), True),
        (CommandKind.NOTICE, message(WireEvent.APPROVED, 4), False),
    ],
)
def test_what_a_status_says_about_a_command(desk, kind, status, has_it):
    if kind is not CommandKind.SUBMIT:
        desk.move(state=WireState.AWAITING_SUPPLEMENT, round=1)
    notice = {"notice": Notice.DELIVERED} if kind is CommandKind.NOTICE else {}
    desk.network.faults, desk.network.status = [AnswerLost("断")] * 2, status
    with pytest.raises(ApplicationError):
        desk.say(kind, **notice)
    if has_it:
        assert desk.say(kind, **notice).outcome is CommandOutcome.TAKEN
    else:
        with pytest.raises(ApplicationError):
            desk.say(kind, **notice)
        assert desk.say(kind, **notice).outcome is CommandOutcome.TAKEN  # it goes on being repeated
        assert len(desk.network.sent) == 3


def test_what_the_authority_has_overtaken_is_not_said(desk):
    desk.move(state=WireState.DECIDED, decision=WireEvent.REJECTED)
    assert desk.say(CommandKind.WITHDRAW).outcome is CommandOutcome.OVERTAKEN
    assert desk.say(CommandKind.SUPPLEMENT, key="k-2").outcome is CommandOutcome.OVERTAKEN
    assert desk.network.sent == []


def test_a_network_whose_adapter_is_not_here_is_waited_for(desk):
    nobody = Commands(desk.database, SEALER, None, Inbox(SEALER), {}, desk.records, lambda: NOW)
    order = CommandOrder(
        key="k-submit-1", case_no=CASE, handling_no=CASE, partner=Partner.SICHUAN, kind=CommandKind.SUBMIT, at=NOW
    )
    with pytest.raises(ApplicationError) as waiting:
        nobody.send_command(order)
    assert not waiting.value.non_retryable
    assert desk.handling().waiting_since == NOW
    assert desk.say().outcome is CommandOutcome.TAKEN  # it is back
    assert desk.handling().waiting_since is None


def test_what_was_signed_for_each_attempt_stays_with_its_line(desk):
    desk.network.faults = [PartnerUnavailable("忙", code="HTTP503"), None]
    first_send = desk.network.send

    def send(rendered):
        tell(f"attempt {len(desk.network.sent)}", "HMAC-SHA256", {"X-CY-Signature": "v1=x"})
        return first_send(rendered)

    desk.network.send = send
    with pytest.raises(ApplicationError):
        desk.say()
    desk.say()
    with desk.database.read() as session:
        lines = session.scalars(select(ExchangeRow).order_by(ExchangeRow.id)).all()
        assert [line.signed["text"] for line in lines] == ["attempt 0", "attempt 1"]
