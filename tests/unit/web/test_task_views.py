"""A task as it is shown: clock, place, remedy, lines, and what came, opened only for who decides about it."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.inbound import EventPayload, InboundMessage, ResultPaper
from domain.messages import DeadlineKind, TaskOrder
from domain.remedies import REMEDIES
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, Partner, ResultForm, Role, WireEvent
from domain.wire import WireState
from storage.cases.rows import DeadlineRow, HandlingRow
from storage.exchange.inbox_row import InboxRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.web.hall import case_body

K = TaskKind
WORDS = EventPayload(
    reason="户口簿与身份证姓名不符",
    legal_basis="《行政许可法》第三十八条",
    materials=("户口簿",),
    deadline_workdays=5,
    result=ResultPaper(name="准迁证", form=ResultForm.PAPER, document_no="川迁〔2026〕7号"),
)


@pytest.fixture
def case_no(hall):
    number = hall.started(case_body())
    with hall.database.write() as session:
        handling = session.get_one(HandlingRow, number)
        handling.wire_state, handling.status = WireState.SUBMITTED, CaseStatus.SUBMITTED
    return number


def say(hall, case_no, event, seq):
    """One message of the authority, as the wire takes it."""
    said = InboundMessage(
        partner=Partner.SICHUAN,
        message_id=f"evt-{seq}",
        content=uuid4().hex.encode(),
        handling_no=case_no,
        partner_no="SC-1",
        event_name=str(event),
        event=event if isinstance(event, WireEvent) else None,
        seq=seq,
        occurred_at=hall.now,
        payload=WORDS,
    )
    with hall.database.write() as session:
        hall.context.inbox.take(session, said, raw=b"raw", now=hall.now)


def contradicted(hall, case_no):
    for seq, event in enumerate((WireEvent.ACCEPTED, WireEvent.APPROVED, WireEvent.REJECTED), start=1):
        say(hall, case_no, event, seq)
    order = TaskOrder(key=f"{case_no}/CONTRADICTION/evt-3", kind=K.CONTRADICTION)
    hall.record(case_no, CaseStatus.SUBMITTED, task=order)


def shown(hall, role=Role.SUPERVISOR):
    return hall.as_(role).get("/api/v1/tasks").json()["tasks"]


def test_who_decides_a_contradiction_reads_the_whole_of_theirs_and_ours(hall, case_no):
    contradicted(hall, case_no)
    (task,) = shown(hall)
    came = task["came"]
    assert (came["event"], came["label"], came["from"], came["ours"]) == ("REJECTED", "不予许可", "川渝网络", "准予")
    assert came["reason"] == WORDS.reason
    assert came["legalBasis"] == WORDS.legal_basis
    assert (came["materials"], came["deadlineWorkdays"]) == (["户口簿"], 5)
    assert came["result"] == {
        "name": "准迁证",
        "form": "paper",
        "formLabel": "纸质",
        "documentNo": "川迁〔2026〕7号",
        "amount": None,
    }
    assert task["itemName"]
    assert task["place"] == {"kind": "authority", "code": "510104", "name": "四川省成都市锦江区"}
    assert task["remedy"] == REMEDIES[K.CONTRADICTION]
    page = hall.as_(Role.SUPERVISOR).get("/supervisor").text
    for words in (WORDS.reason, WORDS.legal_basis, "川迁〔2026〕7号", "四川省成都市锦江区", REMEDIES[K.CONTRADICTION]):
        assert words in page


def test_the_words_are_nowhere_in_the_task_and_not_shown_to_whom_they_do_not_concern(hall, case_no):
    contradicted(hall, case_no)
    with hall.database.read() as session:
        (data,) = session.scalars(select(TaskRow.data))
    assert WORDS.reason not in str(data)
    assert "川迁" not in str(data)
    assert shown(hall, Role.OPERATOR) == []


def test_an_unknown_event_is_shown_with_its_name_and_each_line_its_own(hall, case_no):
    say(hall, case_no, "PRAISED", 1)
    say(hall, case_no, "BLAMED", 2)
    (task,) = shown(hall, Role.OPERATOR)
    assert (task["kind"], task["lineCount"]) == ("UNKNOWN_EVENT", 2)
    assert [line["came"]["event"] for line in task["lines"]] == ["PRAISED", "BLAMED"]
    assert task["lines"][0]["came"]["reason"] == WORDS.reason
    page = hall.as_(Role.OPERATOR).get("/status").text
    assert "PRAISED" in page and "BLAMED" in page


def test_a_dead_message_is_read_by_the_operator_and_by_the_supervisor(hall, case_no):
    say(hall, case_no, WireEvent.RECEIVED, 1)
    with hall.database.write() as session:
        row = session.scalars(select(InboxRow)).one()
        key = f"dead/{row.sender}/{row.message_id}"
        kind = K.UNDELIVERABLE_EVENT
        open_task(session, key=key, kind=kind, case_no=case_no, handling_no=case_no, now=hall.now, data=row.facts)
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        (task,) = shown(hall, role)
        assert (task["came"]["label"], task["came"]["reason"]) == ("收件", WORDS.reason)


def test_a_void_row_shows_what_was_made_void(hall, case_no):
    say(hall, case_no, WireEvent.RECEIVED, 1)
    with hall.database.write() as session:
        row = session.scalars(select(InboxRow)).one()
        said = hall.context.inbox.message_of(row).model_copy(update={"message_id": "guid:1"})
        row.message_id = "guid:1"
        row.message = hall.context.sealer.seal(said.model_dump_json().encode(), "inbox/sichuan/guid:1")
        facts = {"sender": "sichuan", "messageId": "guid:2", "rowGuid": "guid", "occurredAt": hall.now.isoformat()}
        named = {"case_no": case_no, "handling_no": case_no}
        open_task(session, key="void/guid:2", kind=K.VOIDED_ROW, now=hall.now, data=facts, **named)
    (task,) = shown(hall)
    assert (task["came"]["label"], task["came"]["reason"]) == ("收件", WORDS.reason)


def test_a_step_that_was_not_taken_says_which(hall, case_no):
    with hall.database.write() as session:
        facts = {"step": "supplement", "code": "REFUSED", "round": 1}
        open_task(session, key="not-taken/u", kind=K.NOT_TAKEN, case_no=case_no, now=hall.now, data=facts)
    (task,) = shown(hall, Role.CLERK)
    assert (task["came"]["label"], task["came"]["code"]) == ("补正材料", "REFUSED")


def test_a_clock_task_names_its_clock_in_words(hall, case_no):
    with hall.database.write() as session:
        session.add(
            DeadlineRow(
                case_no=case_no,
                handling_no=case_no,
                key="k",
                kind=DeadlineKind.ACCEPTANCE,
                start_at=hall.now,
                warn_at=hall.now,
                due_at=hall.now,
                responsible="authority",
            )
        )
    order = TaskOrder(key=f"{case_no}/DEADLINE_WARNING/ACCEPTANCE-{hall.now.isoformat()}", kind=K.DEADLINE_WARNING)
    hall.record(case_no, CaseStatus.SUBMITTED, task=order)
    (task,) = shown(hall)
    assert task["clock"] == {
        "kind": "ACCEPTANCE",
        "label": "受理或补正告知",
        "dueAt": hall.now.isoformat(),
        "overdue": False,
        "responsible": "authority",
        "responsibleLabel": "办理地",
    }
    assert task["responsible"] == {"party": "authority", "label": "办理地"}
    assert "受理或补正告知" in hall.as_(Role.SUPERVISOR).get("/supervisor").text


def test_a_door_task_names_the_hour_and_the_outlet(hall, case_no):
    leg_id = f"{case_no}-DELIVERY-1"
    with hall.database.write() as session:
        session.add(
            LegRow(
                leg_id=leg_id,
                case_no=case_no,
                handling_no=case_no,
                leg=Leg.DELIVERY,
                region="500103",
                stage="ORDERED",
                outlet_id="daping",
                deadline_at=hall.now,
                ordered_at=hall.now,
            )
        )
        session.flush()
        open_task(session, key="p", kind=K.PROMISE_BROKEN, case_no=case_no, leg_id=leg_id, now=hall.now)
    (task,) = shown(hall)
    assert (task["clock"]["kind"], task["clock"]["label"]) == ("DOOR_PROMISE", "一小时上门承诺")
    assert (task["place"]["kind"], task["place"]["code"]) == ("outlet", "daping")
    assert task["responsible"]["label"] == "邮政"


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_can_be_shown_and_drawn_with_nothing_but_its_case(hall, case_no, kind):
    data = {"seq": 1, "name": "户口簿"} if kind is K.DEFERRED_MATERIAL else {}
    with hall.database.write() as session:
        open_task(session, key=f"{case_no}/{kind}/x", kind=kind, case_no=case_no, now=hall.now, data=data)
    (task,) = shown(hall)
    assert task["remedy"] and task["place"] and task["responsible"]["label"]
    assert task["remedy"] in hall.as_(Role.SUPERVISOR).get("/supervisor").text


def test_nobody_resolves_over_lines_that_came_meanwhile(hall, case_no):
    say(hall, case_no, "PRAISED", 1)
    (task,) = shown(hall, Role.OPERATOR)
    say(hall, case_no, "BLAMED", 2)
    path, body = f"/api/v1/tasks/{task['id']}/resolve", {"outcome": "acknowledge", "reason": "已核实"}
    answer = hall.as_(Role.OPERATOR).post(path, json=body | {"lines": task["lineCount"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "TASK_CHANGED")
    (task,) = shown(hall, Role.OPERATOR)
    assert hall.as_(Role.OPERATOR).post(path, json=body | {"lines": task["lineCount"]}).status_code == 200


def test_a_task_that_closed_itself_says_by_what(hall, case_no):
    order = TaskOrder(key=f"{case_no}/COMMAND_REFUSED/{case_no}-submit-1-1", kind=K.COMMAND_REFUSED)
    hall.record(case_no, CaseStatus.SUBMITTED, task=order)
    hall.record(case_no, CaseStatus.APPROVED)
    (task,) = hall.as_(Role.SUPERVISOR).get("/api/v1/tasks?resolved=true").json()["tasks"]
    assert (task["outcome"], task["settledBy"]) == ("settled", {"code": "DECIDED", "label": "办理地已作出决定"})
    body = {"outcome": "settled", "reason": "x"}
    with hall.database.write() as session:
        made = open_task(session, key="k", kind=K.NOT_TAKEN, case_no=case_no, now=hall.now)
    assert hall.as_().post(f"/api/v1/tasks/{made}/resolve", json=body).status_code == 422  # no person's choice
