"""What an applicant was told, read and repeated at the desk; numbers to dial, and who saw them."""

from io import BytesIO
from uuid import uuid4

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from domain.applicant_messages import MessageKind, MessageState
from domain.dossier import Contact
from domain.terms import CaseStatus, Leg, Role
from messaging.paper import told_in_person
from messaging.quiet_hours import QuietHours
from messaging.sender import MessageSender
from parcels.outlets import seed_couriers
from storage.cases.applicant_messages import MessageRow, enqueue
from storage.cases.phone_views import PhoneViewRow
from storage.parcels.legs import LegRow
from tests.unit.messaging.phone_book import Remembering
from tests.unit.web.hall import PERSON, case_body

WANTED = {"version": "2026-11", "accepted": True, "messages": True}
NUMBER = "EB000717618HK"


@pytest.fixture
def case_no(hall):
    return hall.started(case_body(), consent=WANTED)


@pytest.fixture
def channel():
    return Remembering()


def send(hall, channel):
    MessageSender(hall.database, hall.context.sealer, channel, lambda: hall.now, QuietHours()).send_due()


def told(hall, case_no, role=Role.CLERK):
    answer = hall.as_(role).get(f"/api/v1/cases/{case_no}/messages")
    assert answer.status_code == 200, answer.text
    return answer.json()


def again(hall, case_no, number, key=None, role=Role.CLERK, reason="申请人说没有收到"):
    return hall.as_(role).post(
        f"/api/v1/cases/{case_no}/messages/{number}/resend",
        json={"reason": reason},
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def test_a_case_says_what_was_told_when_and_in_which_words(hall, case_no, channel):
    hall.record(case_no, CaseStatus.ACCEPTED)
    [waiting] = told(hall, case_no)["messages"]
    assert (waiting["state"], waiting["to"], waiting["mayResend"]) == ("queued", None, False)
    send(hall, channel)
    found = told(hall, case_no)
    [sent] = found["messages"]
    assert found["consent"] is True
    assert (sent["state"], sent["label"], sent["to"]) == ("sent", "受理", "138****0001")
    assert sent["words"] == waiting["words"] == channel.given[0][2]
    page = hall.as_().get(f"/window/{case_no}").text
    assert sent["words"] in page and PERSON["phone"] not in page


def test_without_consent_nothing_goes_to_a_phone_and_the_page_says_so(hall, channel):
    case_no = hall.started(case_body())
    hall.record(case_no, CaseStatus.ACCEPTED)
    send(hall, channel)
    found = told(hall, case_no)
    assert (found["consent"], [one["reason"] for one in found["messages"]]) == (False, ["NO_CONSENT"])
    assert channel.given == []
    assert "没有选择短信提醒" in hall.as_().get(f"/window/{case_no}").text


def test_an_applicant_may_change_their_mind(hall, case_no, channel):
    def choose(wanted):
        path = f"/api/v1/cases/{case_no}/messages/choice"
        return [hall.as_().post(path, json={"messages": wanted}).json()["consent"] for _ in range(2)]

    hall.record(case_no, CaseStatus.ACCEPTED)
    assert choose(False) == [False, False]
    send(hall, channel)
    assert [one["reason"] for one in told(hall, case_no)["messages"]] == ["NO_CONSENT"]
    assert choose(True) == [True, True]
    hall.record(case_no, CaseStatus.SUSPENDED)
    send(hall, channel)
    assert len(channel.given) == 1
    events = hall.as_().get(f"/api/v1/cases/{case_no}/events").json()["events"]
    assert [e["label"] for e in events if e["kind"].startswith("MESSAGES_")] == [
        "申请人改为不接收短信提醒",
        "申请人改为接收短信提醒",
    ]


def test_a_person_has_it_sent_once_more_as_a_message_of_its_own(hall, case_no, channel):
    hall.record(case_no, CaseStatus.ACCEPTED)
    send(hall, channel)
    [first] = told(hall, case_no)["messages"]
    key = uuid4().hex
    answers = [again(hall, case_no, first["id"], key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"] != first["id"]
    send(hall, channel)
    assert [text for _, _, text in channel.given] == [first["words"]] * 2
    second = told(hall, case_no)["messages"][1]
    assert (second["askedBy"], second["askReason"]) == ("clerk", "申请人说没有收到")


def test_what_is_on_its_way_or_out_of_date_is_not_sent_again(hall, case_no, channel):
    with hall.database.write() as session:
        asked = {"case_no": case_no, "now": hall.now}
        enqueue(session, **asked, key="a", kind=MessageKind.ACCEPTED)
        enqueue(session, **asked, key="v", kind=MessageKind.VISIT_PLANNED, values={"at": "今日"})
    waiting = {one["kind"]: one["id"] for one in told(hall, case_no)["messages"]}
    assert again(hall, case_no, waiting["ACCEPTED"]).json()["code"] == "MESSAGE_HOLDS"
    send(hall, channel)
    assert again(hall, case_no, waiting["VISIT_PLANNED"]).json()["code"] == "MESSAGE_HOLDS"
    assert again(hall, case_no, "none").json()["code"] == "MESSAGE_UNKNOWN"
    other = hall.started(case_body(), consent=WANTED)
    assert again(hall, other, waiting["ACCEPTED"]).json()["code"] == "MESSAGE_UNKNOWN"


def test_a_code_is_shown_to_nobody(hall, case_no, channel):
    with hall.database.write() as session:
        sealed = {"secrets": {"code": "482913"}, "sealer": hall.context.sealer}
        enqueue(session, case_no=case_no, key="c", kind=MessageKind.ONE_TIME_CODE, now=hall.now, **sealed)
    for _ in range(2):
        shown = hall.as_().get(f"/api/v1/cases/{case_no}/messages").text
        assert "482913" not in shown and "******" in shown
        send(hall, channel)


def test_a_letter_is_a_task_of_the_window(hall, channel):
    case_no = hall.started(case_body())
    hall.record(case_no, CaseStatus.REJECTED)
    send(hall, channel)
    letter = hall.as_().get(f"/api/v1/cases/{case_no}/letter.pdf")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(letter.content)).pages)
    assert "已有办理结论" in text and "王秀兰" in text and "【" not in text
    assert "letter.pdf" in hall.as_().get(f"/window/{case_no}").text
    [task] = hall.as_().get(f"/api/v1/tasks?caseNo={case_no}").json()["tasks"]
    assert task["kind"] == "LETTER"
    done = {"outcome": "acknowledge", "reason": "已寄出"}
    assert hall.as_().post(f"/api/v1/tasks/{task['id']}/resolve", json=done).status_code == 200
    assert [one["state"] for one in told(hall, case_no)["messages"]] == [MessageState.PRINTED]
    assert hall.as_().get(f"/api/v1/cases/{case_no}/letter.pdf").json()["code"] == "NO_LETTER"


def test_who_takes_everything_at_the_hall_needs_no_letter_any_more(hall, channel):
    case_no = hall.started(case_body())
    hall.record(case_no, CaseStatus.REJECTED)
    send(hall, channel)
    with hall.database.write() as session:
        told_in_person(session, case_no, hall.now)
    assert hall.as_().get(f"/api/v1/tasks?case_no={case_no}").json()["tasks"] == []
    assert [one["state"] for one in told(hall, case_no)["messages"]] == [MessageState.PRINTED]


def test_they_are_counted_by_day_kind_and_state(hall, case_no, channel):
    hall.record(case_no, CaseStatus.ACCEPTED)
    send(hall, channel)
    hall.record(case_no, CaseStatus.REJECTED)
    counts = hall.as_(Role.SUPERVISOR).get("/api/v1/messages/counts").json()["counts"]
    found = {(one["day"], one["kind"], one["state"]): one["count"] for one in counts}
    assert found == {("2026-11-23", "ACCEPTED", "sent"): 1, ("2026-11-23", "REJECTED", "queued"): 1}
    text = hall.as_(Role.SUPERVISOR).get("/metrics").text
    assert 'kuayu_messages_today{kind="ACCEPTED",state="sent"} 1.0' in text
    assert "kuayu_messages_waiting 1.0" in text


def call(hall, case_no, role=Role.CLERK, **said):
    body = {"reason": "邮件破损，商量怎么补"} | said
    return hall.as_(role).post(f"/api/v1/cases/{case_no}/phone", json=body)


def test_a_number_is_shown_with_a_reason_and_written_down(hall, case_no):
    answer = call(hall, case_no, Role.SUPERVISOR)
    assert answer.json() == {"whose": "applicant", "label": "申请人", "name": "王**", "phone": PERSON["phone"]}
    assert answer.headers["cache-control"] == "no-store"
    [view] = hall.as_(Role.SUPERVISOR).get(f"/api/v1/phone-views?caseNo={case_no}").json()["views"]
    assert (view["by"], view["role"], view["reason"]) == ("supervisor", "supervisor", "邮件破损，商量怎么补")
    assert view["whose"] == "applicant" and view["at"] == hall.now.isoformat()
    assert "电话查看记录（1）" in hall.as_(Role.SUPERVISOR).get(f"/window/{case_no}").text
    assert "电话查看记录" not in hall.as_().get(f"/window/{case_no}").text
    assert "邮件破损，商量怎么补" in hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert "邮件破损，商量怎么补" not in hall.as_(Role.OPERATOR).get("/supervisor").text


def test_no_number_without_its_line(hall, case_no):
    assert call(hall, case_no, reason="").status_code == 422
    assert call(hall, case_no, whose="agent").json()["code"] == "PHONE_UNKNOWN"
    assert call(hall, case_no, Role.COURIER).status_code == 403
    with hall.database.read() as session:
        assert list(session.scalars(select(PhoneViewRow))) == []


def test_a_courier_calls_at_the_door_while_the_parcel_is_under_way(hall, case_no):
    contact = Contact(address="重庆市渝中区中山三路131号", contact_name="欧阳小明", contact_phone="13800001234")
    leg_id = f"{case_no}-{Leg.PICKUP}-1"
    with hall.database.write() as session:
        seed_couriers(session)
        sealed = hall.context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}")
        common = {"case_no": case_no, "handling_no": case_no, "region": "500103", "stage": "ASSIGNED"}
        common |= {"ordered_at": hall.now, "state": {}, "manifest": []}
        session.add(LegRow(leg_id=leg_id, leg=Leg.PICKUP, tracking_no=NUMBER, contact=sealed, **common))
        session.add(LegRow(leg_id=f"{case_no}-BACK-1", leg=Leg.BACK, tracking_no="EB000717621HK", **common))

    def ask(number, role=Role.COURIER):
        return hall.as_(role).post(f"/api/v1/parcels/{number}/phone", json={"reason": "上门联系"})

    assert ask(NUMBER).json()["phone"] == "13800001234"
    assert ask("EB000717621HK").json()["code"] == "PHONE_UNKNOWN"
    assert ask(NUMBER, Role.OFFICER).status_code == 403
    with hall.database.write() as session:
        session.get_one(LegRow, leg_id).ended_at = hall.now
    assert ask(NUMBER).json()["code"] == "LEG_OVER"
    with hall.database.read() as session:
        assert [(row.by, row.leg_id, row.whose) for row in session.scalars(select(PhoneViewRow))] == [
            ("courier", leg_id, "pickup")
        ]


def test_a_number_is_in_no_message_row(hall, case_no, channel):
    hall.record(case_no, CaseStatus.ACCEPTED)
    send(hall, channel)
    with hall.database.read() as session:
        row = session.scalars(select(MessageRow)).one()
    assert PERSON["phone"] not in repr([getattr(row, column.name) for column in MessageRow.__table__.columns])
