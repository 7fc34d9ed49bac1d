"""Legs and clocks walked through the real activities: one open task per matter, closed when it no longer matters."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.records import Records
from domain.matters import End
from domain.messages import (
    ClockOrder,
    Deadline,
    DeadlineKind,
    LegEnd,
    LegOutcome,
    LookReason,
    Responsible,
    TaskOrder,
    TaskOutcome,
)
from domain.recording import CaseChange
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, Partner, WireEvent
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.inbox import Inbox
from storage.exchange.outbox import CommandRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow, lines_of, open_task
from tests.unit.activities.post_office import DOOR, PostOffice
from tests.unit.activities.test_failed_attempts import attempt
from tests.unit.activities.test_records import ITEM
from tests.unit.storage.casework import CASE, NOW, SEALER, message, take

K, D, S = TaskKind, DeadlineKind, CaseStatus


def clockwork(order, *_):
    """Every clock runs five days, the authority's."""
    due_at = order.start_at + timedelta(days=5)
    return Deadline(
        kind=order.kind,
        start_at=order.start_at,
        warn_at=due_at - timedelta(days=1),
        due_at=due_at,
        responsible=Responsible.AUTHORITY,
    )


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def lines(office, kind):
    """The kinds of the lines of the one open task of this kind."""
    with office.database.read() as session:
        (task,) = session.scalars(select(TaskRow).filter_by(kind=kind, resolved_at=None))
        return [line.kind for line in lines_of(session, [task.id])[task.id]]


def ends(office):
    """kind → by what it has closed itself."""
    with office.database.read() as session:
        closed = session.scalars(select(TaskRow).where(TaskRow.outcome == TaskOutcome.SETTLED))
        return {row.kind: row.reason for row in closed}


def acknowledge(office, kind):
    with office.database.write() as session:
        (task,) = session.scalars(select(TaskRow).filter_by(kind=kind, resolved_at=None))
        task.resolved_at, task.outcome, task.resolved_by = office.clock(), TaskOutcome.ACKNOWLEDGE, "somebody"


# --- legs ---


def test_two_failures_of_one_leg_are_one_task_with_two_lines(office):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(20)
    courier = office.leg(leg_id).courier_id
    office.scan(leg_id, "PICKED_UP", 5)
    office.scan(leg_id, "DELIVERED", 19, signerKind="agent")  # may not sign: a person's matter
    office.look(leg_id, LookReason.MOVED)
    attempt(office, leg_id, "REFUSED", 40)
    assert office.tasks() == ["DELIVERY_FAILED"]
    assert lines(office, "DELIVERY_FAILED") == ["DELIVERY_FAILED"] * 2
    office.clock.at(60)
    office.scan(leg_id, "DELIVERED", 59, device=courier, signerKind="self")
    assert office.tasks() == []
    assert ends(office)["DELIVERY_FAILED"] == End.AT_HOME


def test_a_promise_at_risk_becomes_broken_and_is_settled_with_the_leg(office):
    leg_id = office.order()
    for minutes in (50, 61, 62, 300):
        office.clock.at(minutes)
        office.look(leg_id)
        assert len([kind for kind in office.tasks() if kind.startswith("PROMISE")]) == 1, minutes
    assert lines(office, "PROMISE_BROKEN") == ["PROMISE_AT_RISK", "PROMISE_BROKEN"]
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.CANCELLED, at=office.clock()))
    assert office.tasks() == []
    assert office.promise(leg_id).verdict in ("BREACHED", "CANCELLED")  # the books keep what became of it
    office.look(leg_id)
    assert office.tasks() == []


def test_a_broken_promise_that_somebody_has_seen_is_no_news_at_the_next_attempt(office):
    leg_id = office.order()
    office.clock.at(61)
    office.look(leg_id)
    acknowledge(office, "PROMISE_BROKEN")
    for minutes in (70, 130):
        attempt(office, leg_id, "NOBODY_HOME", minutes)
        office.look(leg_id)
    assert "PROMISE_BROKEN" not in office.tasks()


def test_one_wrong_address_is_one_broken_promise_however_often_somebody_goes(office):
    """Finding D7: 13 visits, 11 tasks."""
    leg_id = office.order(Leg.DELIVERY)
    for visit in range(1, 12):
        attempt(office, leg_id, "WRONG_ADDRESS", 70 * visit)
        office.look(leg_id)
        assert office.tasks() == ["PLACE_ADDRESS", "PROMISE_BROKEN"], visit
        acknowledge(office, "PLACE_ADDRESS")
        with office.database.write() as session:
            leg = session.get_one(LegRow, leg_id)
            leg.lat, leg.lon = DOOR
        office.look(leg_id, LookReason.ASKED)
    assert office.tasks(open_only=False).count("PROMISE_BROKEN") == 1


def test_a_pickup_that_succeeds_after_all_needs_nobody(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    attempt(office, leg_id, "REFUSED", 20)
    assert office.tasks() == ["DELIVERY_FAILED"]
    office.clock.at(40)
    office.scan(leg_id, "PICKED_UP", 39, device=courier)
    assert "DELIVERY_FAILED" not in office.tasks()
    assert ends(office)["DELIVERY_FAILED"] == End.MOVED_ON


def test_an_overdue_leg_is_settled_by_its_arrival_at_once(office):
    leg_id = office.order(Leg.BACK)
    office.scan(leg_id, "PICKED_UP", -20, device="carrier-1")
    office.clock.now = office.leg(leg_id).deadline_at + timedelta(days=1)
    office.look(leg_id)
    assert office.tasks() == ["LEG_OVERDUE"]
    office.scan(leg_id, "DELIVERED", 0, device="carrier-1", signerKind="hall")
    assert office.tasks() == []  # nobody has looked yet
    assert ends(office) == {"LEG_OVERDUE": End.ARRIVED}


def test_a_missing_address_is_nobodys_matter_when_the_leg_is_over(office):
    leg_id = office.order(door=None)
    office.look(leg_id)
    assert office.tasks() == ["PLACE_ADDRESS"]
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.CANCELLED, at=office.clock()))
    assert (office.tasks(), ends(office)) == ([], {"PLACE_ADDRESS": End.LEG_ENDED})


# --- clocks ---


class Case:
    """A case's workflow as its record activity hears it."""

    def __init__(self, office):
        self.office, self.steps = office, 0
        self.records = Records(office.database, Inbox(SEALER), clockwork, office.clock)
        office.clock.now = NOW
        with office.database.write() as session:
            session.get_one(CaseRow, CASE).start = {"item": ITEM.model_dump(mode="json")}

    def step(self, status=S.RECEIVED, task=None, **more):
        self.steps += 1
        given = {"handling_no": CASE, "handling_status": status} | more
        change = CaseChange(
            key=f"{self.steps}-X",
            case_no=CASE,
            kind="X",
            at=self.office.clock(),
            case_status=status,
            on_hold=False,
            withdrawal_pending=False,
            task=task,
            **given,
        )
        return self.records.record(change).deadlines

    def raises(self, kind, deadline, **more):
        """As `Book.boundary_passed` does."""
        key = f"{CASE}/{kind}/{deadline.kind}-{deadline.due_at.isoformat()}"
        self.step(task=TaskOrder(key=key, kind=kind), **more)


@pytest.fixture
def case(office):
    return Case(office)


def start(kind, days=0):
    return ClockOrder(kind=kind, start_at=NOW + timedelta(days=days))


def test_a_clock_has_one_task_that_names_it_and_goes_up(office, case):
    (clock,) = case.step(start=(start(D.ACCEPTANCE),))
    for kind in (K.DEADLINE_WARNING, K.DEEMED_ACCEPTED, K.ESCALATED_DEPARTMENT, K.DEADLINE_MISSED):
        case.raises(kind, clock)
        assert len(office.tasks()) == 1
    assert office.tasks() == ["ESCALATED_DEPARTMENT"]
    with office.database.read() as session:
        (task,) = session.scalars(select(TaskRow))
    assert task.owner == "supervisor"
    assert task.data == {"clock": "ACCEPTANCE", "dueAt": clock.due_at.isoformat(), "responsible": "authority"}


def test_two_clocks_are_two_matters_and_each_closes_with_its_own(office, case):
    clocks = case.step(start=(start(D.DECISION_PROMISED), start(D.DECISION_STATUTORY)))
    for clock in clocks:
        case.raises(K.DEADLINE_WARNING, clock)
    assert office.tasks() == ["DEADLINE_WARNING"] * 2
    case.step(stop=(D.DECISION_PROMISED,))
    with office.database.read() as session:
        left = session.scalars(select(TaskRow.data).filter_by(resolved_at=None)).all()
    assert [data["clock"] for data in left] == ["DECISION_STATUTORY"]
    assert ends(office) == {"DEADLINE_WARNING": End.CLOCK_STOPPED}


@pytest.mark.parametrize(("days", "open_kinds"), [(0, ["DEADLINE_WARNING"]), (3, [])])
def test_a_clock_that_begins_anew_with_another_end_settles_the_old_task(office, case, days, open_kinds):
    (clock,) = case.step(start=(start(D.ACCEPTANCE),))
    case.raises(K.DEADLINE_WARNING, clock)
    (anew,) = case.step(start=(start(D.ACCEPTANCE, days),))
    assert office.tasks() == open_kinds
    case.raises(K.DEADLINE_WARNING, anew)
    assert office.tasks() == ["DEADLINE_WARNING"]


def test_with_the_end_of_the_case_only_what_needs_a_person_stays(office, case):
    (clock,) = case.step(start=(start(D.RESULT_DELIVERY),))
    case.raises(K.DEADLINE_MISSED, clock)
    with office.database.write() as session:
        for kind in (K.BAD_RATING, K.POST_CHECK, K.COLLECT_AT_HALL):
            open_task(session, key=f"{CASE}/{kind}", kind=kind, case_no=CASE, now=NOW)
    case.step(S.APPROVED, handling_no=None, handling_status=None, closed=True)
    assert office.tasks() == ["BAD_RATING", "POST_CHECK"]
    assert ends(office) == {"DEADLINE_MISSED": End.CASE_CLOSED, "COLLECT_AT_HALL": End.CASE_CLOSED}


def test_a_lapse_that_a_person_must_decide_takes_the_warnings_place_and_outlives_a_new_calendar(office, case):
    whole = {"handling_no": None, "handling_status": None}
    (clock,) = case.step(start=(start(D.DEFERRED_MATERIAL),), **whole)
    case.raises(K.DEADLINE_WARNING, clock, **whole)
    key = f"{CASE}/DEFERRED_LAPSED/1"
    case.step(task=TaskOrder(key=key, kind=K.DEFERRED_LAPSED), **whole)
    assert office.tasks() == ["DEFERRED_LAPSED"]
    assert lines(office, "DEFERRED_LAPSED") == ["DEADLINE_WARNING", "DEFERRED_LAPSED"]
    case.step(start=(start(D.DEFERRED_MATERIAL, 2),), **whole)
    assert office.tasks() == ["DEFERRED_LAPSED"]
    case.step(settles=(key,))
    assert office.tasks() == []


def test_a_decision_settles_what_only_concerned_the_way_to_it(office, case):
    for kind, what in ((K.COMMAND_REFUSED, f"{CASE}-submit-1-1"), (K.SECOND_SUPPLEMENT, "2")):
        case.step(task=TaskOrder(key=f"{CASE}/{kind}/{what}", kind=kind))
    case.step(S.APPROVED)
    assert (office.tasks(), set(ends(office).values())) == ([], {End.DECIDED})
    key = f"{CASE}/COMMAND_REFUSED/{CASE}-delivered-1-1"
    case.step(S.APPROVED, task=TaskOrder(key=key, kind=K.COMMAND_REFUSED))  # a notice, after the decision
    case.step(S.APPROVED)
    assert office.tasks() == ["COMMAND_REFUSED"]  # its workflow waits


# --- what came ---


def test_a_contradiction_names_the_message_that_came(office, case):
    inbox = Inbox(SEALER)
    for seq, event in enumerate((WireEvent.ACCEPTED, WireEvent.APPROVED, WireEvent.REJECTED), start=1):
        take(office.database, inbox, message(event, seq, f"m/{event}"))
    case.step(task=TaskOrder(key=f"{CASE}/CONTRADICTION/m/REJECTED", kind=K.CONTRADICTION))
    with office.database.read() as session:
        (task,) = session.scalars(select(TaskRow))
    assert task.data == {
        "sender": Partner.SICHUAN,
        "messageId": "m/REJECTED",
        "event": "REJECTED",
        "seq": 3,
        "occurredAt": NOW.isoformat(),
        "ours": "APPROVED",
        "theirs": "REJECTED",
    }


def test_a_refused_command_names_itself_and_the_answer(office, case):
    key = f"{CASE}-supplement-1"
    with office.database.write() as session:
        session.add(
            CommandRow(
                key=key,
                partner=Partner.SICHUAN,
                handling_no=CASE,
                kind="SUPPLEMENT",
                content=b"",
                meta={},
                state="REFUSED",
                rendered_at=NOW,
                error="MATERIALS",
            )
        )
    case.step(task=TaskOrder(key=f"{CASE}/COMMAND_REFUSED/{key}-2", kind=K.COMMAND_REFUSED))
    with office.database.read() as session:
        (task,) = session.scalars(select(TaskRow))
        assert session.get_one(HandlingRow, CASE).status == S.RECEIVED
    assert task.data == {"command": key, "step": "SUPPLEMENT", "code": "MATERIALS"}
