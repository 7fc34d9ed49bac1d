"""Gaps that stay open and books that differ: asked about, repaired once, kept as a report."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from domain.errors import NotFound, PartnerRefused, PartnerUnavailable
from domain.identifiers import make_case_number
from domain.inbound import EventPayload, InboundMessage, IntakeOutcome
from domain.reconciliation import DifferenceKind
from domain.terms import Partner, WireEvent
from domain.wire import Verdict, WireState
from exchange.gap_recovery import GapRecovery
from exchange.reconciliation import Reconciliation
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.exchange.reconciliation_reports import kept_reports
from storage.tasks.rows import TaskRow
from tests.unit.exchange.office import HANDLING, NOW, Office, open_office

SUPPLEMENT = {"round": 1, "reason": "缺", "materials": ["户口簿"], "deadlineWorkdays": 5}
TODAY = date(2026, 11, 23)


class Authority:
    """An adapter's query, answered from a table; None: not known there."""

    def __init__(self) -> None:
        self.says: dict[str, tuple[str, int]] = {}
        self.fault: Exception | None = None
        self.asked: list[str] = []

    def query(self, handling):
        self.asked.append(handling.handling_no)
        if self.fault:
            raise self.fault
        if handling.handling_no not in self.says:
            return None
        name, seq = self.says[handling.handling_no]
        return InboundMessage(
            partner=Partner.SICHUAN,
            message_id=f"query-{handling.handling_no}-{seq}",
            content=b"{}",
            handling_no=handling.handling_no,
            partner_no="SC1",
            event_name=name,
            event=WireEvent(name) if name in WireEvent.__members__ else None,
            seq=seq,
            occurred_at=NOW,
            payload=EventPayload(round=2) if name == "NEED_SUPPLEMENT" else EventPayload(),
        )


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def authority():
    return Authority()


def catching_up(office: Office, authority: Authority) -> GapRecovery:
    adapters = dict.fromkeys(Partner, authority)
    return GapRecovery(office.database, office.inbox, adapters, lambda: office.clock[0])


def reconciliation(office: Office, authority: Authority) -> Reconciliation:
    """The southwest wire cannot be asked: its books are its batches, here seven that agree."""
    adapters = dict.fromkeys(Partner, authority)
    books = {Partner.SOUTHWEST: lambda _session, _now: (7, [])}
    return Reconciliation(office.database, office.inbox, adapters, lambda: office.clock[0], books=books)


def rows(office: Office) -> list[tuple[int, str, str | None, bool | None]]:
    with office.database.read() as session:
        found = session.scalars(select(InboxRow).order_by(InboxRow.seq, InboxRow.id))
        return [(row.seq, row.state, row.verdict, (row.update or {}).get("snapshot")) for row in found]


def test_a_gap_of_ten_minutes_is_asked_about(office, authority):
    office.hear("RECEIVED", 1)
    office.hear("REVIEWING", 3)
    office.hear("SUSPENDED", 4)
    authority.says[HANDLING] = ("SUSPENDED", 4)
    assert catching_up(office, authority).heal_gaps(Partner.SICHUAN) == 0
    assert authority.asked == []
    office.clock[0] = NOW + timedelta(minutes=10)
    assert catching_up(office, authority).heal_gaps(Partner.SICHUAN) == 1
    progress = office.progress()
    assert (progress.state, progress.last_seq) == (WireState.SUSPENDED, 4)
    assert rows(office) == [
        (1, InboxState.NEW, Verdict.APPLIED, False),
        (3, InboxState.APPLIED, Verdict.LATE, None),
        (4, InboxState.APPLIED, Verdict.LATE, None),
        (4, InboxState.NEW, Verdict.APPLIED, True),
    ]
    assert catching_up(office, authority).heal_gaps(Partner.SICHUAN) == 0
    assert office.hear("ACCEPTED", 2).outcome is IntakeOutcome.JUDGED  # comes at last: late, without effect
    assert office.progress() == progress
    assert office.hear("RESUMED", 5).outcome is IntakeOutcome.JUDGED
    assert office.progress().state is WireState.UNDER_REVIEW


def test_what_waits_behind_the_status_follows(office, authority):
    office.hear("RECEIVED", 1)
    office.hear("REVIEWING", 4)
    authority.says[HANDLING] = ("REVIEWING", 3)
    office.clock[0] = NOW + timedelta(minutes=10)
    catching_up(office, authority).heal_gaps(Partner.SICHUAN)
    assert office.progress().last_seq == 4


def test_the_round_of_a_missed_supplement_is_theirs(office, authority):
    office.hear("RECEIVED", 1)
    office.hear("REVIEWING", 9)
    authority.says[HANDLING] = ("NEED_SUPPLEMENT", 9)
    office.clock[0] = NOW + timedelta(minutes=10)
    catching_up(office, authority).heal_gaps(Partner.SICHUAN)
    assert (office.progress().state, office.progress().round) == (WireState.AWAITING_SUPPLEMENT, 2)


@pytest.mark.parametrize("fault", [PartnerUnavailable("忙"), PartnerRefused("无", code="CY4222"), None])
def test_an_authority_that_cannot_say_is_asked_again_later(office, authority, fault):
    authority.fault = fault
    office.hear("REVIEWING", 3)
    office.clock[0] = NOW + timedelta(minutes=10)
    assert catching_up(office, authority).heal_gaps(Partner.SICHUAN) == 0
    assert office.progress().last_seq == 0
    assert rows(office) == [(3, InboxState.PARKED, Verdict.EARLY, None)]
    authority.fault, authority.says[HANDLING] = None, ("REVIEWING", 3)
    office.clock[0] = NOW + timedelta(minutes=20)
    assert catching_up(office, authority).heal_gaps(Partner.SICHUAN) == 1


def test_a_contradicting_or_unknown_status_goes_to_a_person(office, authority):
    office.hear("RECEIVED", 1)
    office.hear("ACCEPTED", 2)
    office.hear("APPROVED", 3)
    office.hear("RESULT_SENT", 6)
    authority.says[HANDLING] = ("REJECTED", 5)
    office.clock[0] = NOW + timedelta(minutes=10)
    catching_up(office, authority).heal_gaps(Partner.SICHUAN)
    progress = office.progress()
    assert (progress.decision, progress.last_seq) == (WireEvent.APPROVED, 6)
    with office.database.read() as session:
        held = session.scalars(select(InboxRow.update_name).where(InboxRow.verdict == Verdict.CONTRADICTION)).all()
    assert held == ["hold"]


def test_books_that_agree(office, authority):
    office.hear("RECEIVED", 1)
    authority.says[HANDLING] = ("RECEIVED", 1)
    report = reconciliation(office, authority).reconcile(Partner.SICHUAN, TODAY)
    assert (report.compared, report.differences, report.clean) == (1, (), True)
    assert authority.asked == [HANDLING]


def test_an_event_that_never_came_is_repaired_once(office, authority):
    office.hear("RECEIVED", 1)
    authority.says[HANDLING] = ("ACCEPTED", 2)
    make = reconciliation(office, authority)
    report = make.reconcile(Partner.SICHUAN, TODAY)
    (difference,) = report.differences
    assert (difference.kind, difference.subject) == (DifferenceKind.THEY_ARE_AHEAD, HANDLING)
    assert (difference.ours, difference.theirs) == ("1 RECEIVED", "2 ACCEPTED")
    assert report.clean
    assert office.progress().state is WireState.UNDER_REVIEW
    assert make.reconcile(Partner.SICHUAN, TODAY).differences == ()
    assert office.inbox_rows() == 2
    with office.database.read() as session:
        assert [kept.differences for kept in kept_reports(session, Partner.SICHUAN)] == [()]


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        (None, DifferenceKind.WE_ARE_AHEAD),
        (("RECEIVED", 1), DifferenceKind.WE_ARE_AHEAD),
        (("NEED_SUPPLEMENT", 2), DifferenceKind.OTHER_EVENT),
    ],
)
def test_what_cannot_be_repaired_is_reported(office, authority, theirs, kind):
    office.hear("RECEIVED", 1)
    office.hear("ACCEPTED", 2)
    if theirs:
        authority.says[HANDLING] = theirs
    before = office.progress()
    report = reconciliation(office, authority).reconcile(Partner.SICHUAN, TODAY)
    assert [difference.kind for difference in report.differences] == [kind]
    assert not report.clean
    assert office.progress() == before


def test_only_what_is_open_or_changed_that_day_is_asked_about(office, authority):
    office.hear("NOT_ACCEPTED", 1)
    authority.says[HANDLING] = ("NOT_ACCEPTED", 1)
    make = reconciliation(office, authority)
    assert make.reconcile(Partner.SICHUAN, TODAY).compared == 1
    assert make.reconcile(Partner.SICHUAN, TODAY + timedelta(days=1)).compared == 0


def test_a_network_that_is_away_is_not_asked_a_thousand_times(office, authority):
    for serial in range(1, 11):
        office.add_case(make_case_number("500103", date(2026, 11, 20), serial))
    authority.fault = PartnerUnavailable("忙")
    report = reconciliation(office, authority).reconcile(Partner.SICHUAN, TODAY)
    assert (report.compared, report.unanswered, len(authority.asked)) == (0, 11, 3)
    assert not report.clean


def test_southwest_is_never_asked(office, authority):
    report = reconciliation(office, authority).reconcile(Partner.SOUTHWEST, TODAY)
    assert report.clean
    assert report.compared == 7
    assert authority.asked == []


def test_reports_are_kept_by_day(office, authority):
    make = reconciliation(office, authority)
    for day in (TODAY, TODAY - timedelta(days=1)):
        make.reconcile(Partner.INTERPROVINCIAL, day)
    with office.database.read() as session:
        kept = kept_reports(session, Partner.INTERPROVINCIAL)
        tasks = session.scalars(select(TaskRow)).all()
    assert [report.day for report in kept] == [TODAY, TODAY - timedelta(days=1)]
    assert kept[0].made_at == datetime.fromtimestamp(1795420800, UTC)
    assert tasks == []


def test_a_network_that_is_not_here_has_no_books(office):
    nobody = Reconciliation(office.database, office.inbox, {}, lambda: NOW, books={})
    with pytest.raises(NotFound) as absent:
        nobody.reconcile(Partner.SICHUAN, NOW.date())
    assert absent.value.code == "NETWORK_ABSENT"
