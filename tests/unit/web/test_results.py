"""Electronic results reach people: the applicant with the code, the hall with a record; nobody else."""

import hashlib
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role
from domain.wire import WireProgress, WireState
from runtime.container import code_desk
from storage.cases.applicant_messages import MessageRow, open_values
from storage.cases.electronic_results import ElectronicResultRow, remind
from storage.cases.rows import CaseEventRow, HandlingRow
from storage.documents.accesses import accesses_of_case
from storage.tasks.rows import TaskRow, open_task
from tests.unit.web.hall import an_item, case_body
from tests.unit.web.test_papers import paper, text_of

RESULT = b"%PDF-1.4 certificate"
SHA = hashlib.sha256(RESULT).hexdigest()
DECIDED = {"name": "准迁证", "form": "electronic", "document_no": "川迁1号", "sha256": SHA}


def with_result(hall) -> str:
    """Approved with an electronic result that we have fetched and made available."""
    number = hall.started()
    hall.as_().put(f"/api/v1/documents/{SHA}", content=RESULT)
    with hall.database.write() as session:
        session.get_one(HandlingRow, number).result = DECIDED
    hall.record(number, CaseStatus.APPROVED)
    hall.record(number, CaseStatus.APPROVED, "RESULT_AVAILABLE")
    return number


@pytest.fixture
def case_no(hall) -> str:
    return with_result(hall)


def code_of(hall, case_no) -> str:
    """As the receipt prints it."""
    return re.search(r"领取码(\d{8})", text_of(paper(hall, case_no, "receipt")))[1]


def fetch(hall, case_no, code, **more):
    body = {"caseNo": case_no, "code": code, "handlingNo": case_no} | more
    return hall.as_().post("/api/v1/track/results", json=body)


def on_the_page(hall, case_no, code, browser=None, **more):
    browser = browser or hall.visitor(case_no, scanned=True)
    return browser.post("/track/result", data={"code": code, "handlingNo": case_no} | more)


def readings(hall, case_no):
    with hall.database.read() as session:
        return [(one.sha256, one.reader, one.purpose, one.at) for one in accesses_of_case(session, case_no)]


def events(hall, case_no):
    with hall.database.read() as session:
        return list(session.scalars(select(CaseEventRow.kind).filter_by(case_no=case_no).order_by(CaseEventRow.id)))


def test_a_result_that_is_being_taken_back_is_not_given_out(hall, case_no):
    """联办恢复: until a person says that it stays good, and for good where it was undone."""
    with hall.database.write() as session:
        kind = TaskKind.COMPENSATION
        task = open_task(session, key="undo", kind=kind, case_no=case_no, handling_no=case_no, now=hall.now)
    code = code_of(hall, case_no)
    for outcome, given in ((None, False), ("restored", False), ("kept", True)):
        with hall.database.write() as session:
            row = session.get_one(TaskRow, task)
            row.outcome, row.resolved_at = outcome, hall.now if outcome else None
        assert (fetch(hall, case_no, code).status_code == 200) is given
        assert bool(hall.tracked(case_no).json()["results"]) is given


def test_the_applicant_fetches_it_with_the_code_on_the_receipt(hall, case_no):
    shown = hall.tracked(case_no).json()["results"]
    assert shown == [
        {
            "handlingNo": case_no,
            "name": "准迁证",
            "mediaType": "application/pdf",
            "size": len(RESULT),
            "availableAt": hall.now.isoformat(),
        }
    ]
    answer = fetch(hall, case_no, code_of(hall, case_no))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, RESULT, "application/pdf")
    assert answer.headers["content-disposition"] == f'attachment; filename="{case_no}.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert readings(hall, case_no) == [(SHA, "applicant", "result", hall.now)]
    assert events(hall, case_no)[-2:] == ["RESULT_AVAILABLE", "RESULT_FETCHED"]
    assert fetch(hall, case_no, code_of(hall, case_no)).status_code == 200
    assert events(hall, case_no).count("RESULT_FETCHED") == 1
    assert len(readings(hall, case_no)) == 2


def test_the_page_does_it_without_scripts_and_says_what_is_wrong(hall, case_no):
    browser = hall.visitor(case_no, scanned=True)
    page = browser.get("/track").text
    assert "下载 准迁证" in page and 'action="/track/result"' in page and "<script" not in page
    code = code_of(hall, case_no)
    answer = on_the_page(hall, case_no, f" {code[:4]}-{code[4:]} ", browser)
    assert (answer.status_code, answer.content) == (200, RESULT)
    wrong = on_the_page(hall, case_no, "1", browser)
    assert wrong.status_code == 422
    assert "领取码不对" in wrong.text and "下载 准迁证" in wrong.text and code not in wrong.text


def test_who_came_by_number_and_code_is_not_asked_again(hall, case_no):
    browser = hall.visitor(case_no)
    page = browser.get("/track").text
    assert "下载 准迁证" in page and 'id="code"' not in page
    assert browser.post("/track/result", data={"handlingNo": case_no}).content == RESULT


@pytest.mark.parametrize("more", [{"code": "1"}, {"code": ""}, {"code": "0001"}, {"caseNo": "500103202611239999990"}])
def test_who_does_not_know_number_and_code_learns_nothing(hall, case_no, more):
    asked = {"code": code_of(hall, case_no)} | more
    answer = fetch(hall, case_no, **asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "TRACK")
    page = hall.nobody().post("/track/result", data={"caseNo": case_no, "handlingNo": case_no} | more)
    assert page.status_code == 422 and "准迁证" not in page.text and "重新扫码" in page.text
    assert readings(hall, case_no) == []


def test_a_page_reads_full_width_digits_and_a_number_as_it_is_shown(hall, case_no):
    shown = f"{case_no[:6]} · {case_no[6:10]}-{case_no[10:12]}-{case_no[12:14]} · {case_no[14:]}"
    wide = code_of(hall, case_no).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    page = hall.nobody().post("/track", data={"caseNo": shown, "code": wide})
    assert page.status_code == 200 and "下载 准迁证" in page.text


@pytest.mark.parametrize(("path", "status"), [("/track", 404), ("/track/code", 200)])
def test_letters_that_grow_as_capitals_are_no_number(hall, case_no, path, status):
    answer = hall.nobody().post(path, data={"caseNo": "\u0149" * 40, "phoneTail": "0001", "code": "1"})
    assert answer.status_code == status


def test_a_clerk_gives_another_receipt_and_the_old_one_is_worth_nothing(hall, case_no):
    code, browser = code_of(hall, case_no), hall.visitor(case_no, scanned=True)
    token = hall.token(case_no)
    assert hall.as_(Role.OFFICER).post(f"/api/v1/cases/{case_no}/result-code").status_code == 403
    answer = hall.as_().post(f"/api/v1/cases/{case_no}/result-code")
    assert answer.json() == {"caseNo": case_no, "receipt": f"/api/v1/cases/{case_no}/receipt.pdf"}
    assert fetch(hall, case_no, code).json()["code"] == "TRACK"
    assert hall.nobody().get(f"/t/{token}").status_code == 404
    assert "准迁证" not in browser.get("/track").text
    assert fetch(hall, case_no, code_of(hall, case_no)).status_code == 200
    assert hall.nobody().get(f"/t/{hall.token(case_no)}").status_code == 200
    assert "CODE_RENEWED" in events(hall, case_no)


def test_only_the_window_prints_the_code(hall, case_no):
    code = code_of(hall, case_no)
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        assert code not in text_of(paper(hall, case_no, "receipt", role))
        assert code not in text_of(hall.as_(role).get(f"/api/v1/cases/{case_no}/receipt.pdf"))


def test_another_cases_code_and_another_cases_result_are_worth_nothing(hall, case_no):
    other = hall.started()
    assert fetch(hall, case_no, code_of(hall, other)).json()["code"] == "TRACK"
    answer = fetch(hall, other, code_of(hall, other), handlingNo=case_no)
    assert (answer.status_code, answer.json()["code"]) == (404, "RESULT_UNKNOWN")
    assert readings(hall, other) == readings(hall, case_no) == []


def test_a_refusal_uses_up_no_code_that_was_sent(hall, case_no):
    with hall.database.write() as session:
        code = code_desk(hall.context.settings, hall.context.sealer).to_send(session, case_no, hall.now)
    assert fetch(hall, case_no, code, handlingNo="x").json()["code"] == "RESULT_UNKNOWN"
    assert fetch(hall, case_no, code).content == RESULT
    assert fetch(hall, case_no, code).json()["code"] == "TRACK"


def test_the_hall_reads_it_with_a_record(hall, case_no):
    path = f"/api/v1/cases/{case_no}/results/{case_no}"
    assert hall.as_().get(path).content == RESULT
    assert hall.as_(Role.SUPERVISOR).get(path).content == RESULT
    assert hall.as_(Role.COURIER).get(path).status_code == 403
    assert [who for _, who, _, _ in readings(hall, case_no)] == ["clerk", "supervisor"]
    assert "RESULT_FETCHED" not in events(hall, case_no)
    other = hall.started()
    assert hall.as_().get(f"/api/v1/cases/{other}/results/{case_no}").json()["code"] == "RESULT_UNKNOWN"
    assert hall.as_().get(f"/api/v1/cases/x/results/{case_no}").json()["code"] == "CASE_UNKNOWN"
    assert path in hall.as_().get(f"/window/{case_no}").text


def test_a_decision_that_no_longer_counts_takes_its_file_with_it(hall, case_no):
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).result = None
    assert fetch(hall, case_no, code_of(hall, case_no)).json()["code"] == "RESULT_UNKNOWN"
    remind(hall.database, hall.now + timedelta(days=30))
    assert reminders(hall, case_no) == []


def messages(hall, case_no, kind):
    with hall.database.read() as session:
        found = session.scalars(select(MessageRow).filter_by(case_no=case_no, kind=kind).order_by(MessageRow.queued_at))
        return list(found)


def sent_code(hall, message):
    return open_values(hall.context.sealer, message.id, message.secrets)["code"]


def test_the_applicant_has_a_code_sent_and_fetches_with_it_once(hall, case_no):
    who = {"caseNo": case_no, "phoneTail": "0001"}
    answer = hall.as_().post("/api/v1/track/codes", json=who)
    assert (answer.status_code, answer.json()) == (202, {"caseNo": case_no})
    (message,) = messages(hall, case_no, "ONE_TIME_CODE")
    code = sent_code(hall, message)
    assert code not in str(message.said) and message.expires_at == hall.now + timedelta(minutes=10)
    soon = hall.as_().post("/api/v1/track/codes", json=who)  # the answer is the same, and no second message goes out
    assert (soon.status_code, soon.json()) == (202, {"caseNo": case_no})
    assert len(messages(hall, case_no, "ONE_TIME_CODE")) == 1
    assert fetch(hall, case_no, code).content == RESULT
    assert fetch(hall, case_no, code).json()["code"] == "TRACK"
    hall.now += timedelta(minutes=1)
    browser = hall.visitor(case_no, scanned=True)
    page = browser.post("/track/code")
    assert page.status_code == 200 and "验证码已发往 138****0001" in page.text
    again = messages(hall, case_no, "ONE_TIME_CODE")[-1]
    assert sent_code(hall, again) not in page.text
    assert browser.post("/track/code").status_code == 429
    hall.now += timedelta(minutes=10)
    assert fetch(hall, case_no, sent_code(hall, again)).json()["code"] == "TRACK"


def test_a_code_that_was_sent_opens_the_page_once(hall):
    case_no = hall.started()
    page = hall.nobody().post("/track/code", data={"caseNo": case_no, "phoneTail": "０００1"})
    (message,) = messages(hall, case_no, "ONE_TIME_CODE")
    seen = [hall.nobody().post("/track", data={"caseNo": case_no, "code": sent_code(hall, message)}) for _ in range(2)]
    assert [one.status_code for one in (page, *seen)] == [200, 200, 404]


def test_no_code_is_sent_to_strangers_and_nobody_is_told_so(hall, case_no):
    asked = [(case_no, "9999"), (case_no, ""), ("500103202611239999990", "0001"), (case_no, "0001")]
    program = [hall.as_().post("/api/v1/track/codes", json={"caseNo": n, "phoneTail": t}) for n, t in asked[:3]]
    assert messages(hall, case_no, "ONE_TIME_CODE") == []
    assert {(one.status_code, tuple(one.json())) for one in program} == {(202, ("caseNo",))}
    pages = [hall.nobody().post("/track/code", data={"caseNo": n, "phoneTail": t}) for n, t in asked]
    assert {(one.status_code, one.text.replace(n, "")) for one, (n, _) in zip(pages, asked, strict=True)} == {
        (200, pages[0].text.replace(case_no, ""))
    }
    assert len(messages(hall, case_no, "ONE_TIME_CODE")) == 1


def test_not_more_than_ten_messages_a_day(hall, case_no):
    for n in range(12):
        hall.now = hall.now + timedelta(minutes=16)
        answer = hall.nobody().post("/api/v1/track/codes", json={"caseNo": case_no, "phoneTail": "0001"})
        assert answer.status_code == 202
        assert len(messages(hall, case_no, "ONE_TIME_CODE")) == min(n + 1, 10)


def test_the_applicant_is_told_once_it_is_there_and_after_thirty_days(hall, case_no):
    assert len(messages(hall, case_no, "RESULT_ONLINE")) == 1
    remind(hall.database, hall.now + timedelta(days=30))
    remind(hall.database, hall.now + timedelta(days=31))
    assert len(messages(hall, case_no, "RESULT_STILL_ONLINE")) == 1


def reminders(hall, case_no):
    with hall.database.read() as session:
        asked = select(TaskRow).filter_by(case_no=case_no, kind="RESULT_NOT_FETCHED")
        return [(task.owner, task.resolved_at is None) for task in session.scalars(asked)]


def test_after_thirty_days_a_clerk_reminds_the_applicant_once(hall, case_no):
    for at in (timedelta(days=30, seconds=-1), timedelta(days=30), timedelta(days=60)):
        remind(hall.database, hall.now + at)
        assert reminders(hall, case_no) == ([] if at < timedelta(days=30) else [("clerk", True)])
    assert fetch(hall, case_no, code_of(hall, case_no)).status_code == 200
    assert reminders(hall, case_no) == [("clerk", False)]


def test_who_has_fetched_it_is_not_reminded(hall, case_no):
    fetch(hall, case_no, code_of(hall, case_no))
    remind(hall.database, hall.now + timedelta(days=31))
    assert reminders(hall, case_no) == []
    with hall.database.read() as session:
        row = session.get_one(ElectronicResultRow, (case_no, SHA))
        assert (row.available_at, row.fetched_at, row.remind_at) == (hall.now, hall.now, None)


@pytest.mark.parametrize(
    ("result", "asked"),
    [
        ({"form": "electronic"}, True),
        ({"form": "both"}, True),
        ({"form": "electronic", "sha256": SHA}, False),
        ({"form": "paper"}, False),
        (None, False),
    ],
)
def test_an_electronic_result_without_a_file_is_asked_for(hall, result, asked):
    number = hall.started()
    with hall.database.write() as session:
        session.get_one(HandlingRow, number).result = result
    hall.record(number, CaseStatus.APPROVED)
    with hall.database.read() as session:
        tasks = list(session.scalars(select(TaskRow).filter_by(case_no=number, kind="RESULT_WITHOUT_FILE")))
    assert [(task.owner, task.handling_no) for task in tasks] == ([("clerk", number)] if asked else [])


def test_an_officer_names_only_a_file_that_is_here(hall):
    number = hall.started(case_body(an_item(lambda i: "quanyu" in i.schemes), region="500112"))
    with hall.database.write() as session:
        session.get_one(HandlingRow, number).progress = WireProgress(state=WireState.UNDER_REVIEW)
    result = {"name": "证", "form": "electronic", "sha256": SHA}

    def decide():
        body = {"event": "APPROVED", "payload": {"result": result}}
        path, key = f"/api/v1/handlings/{number}/decisions", {"Idempotency-Key": uuid4().hex}
        return hall.as_(Role.OFFICER).post(path, json=body, headers=key)

    refused = decide()
    assert (refused.status_code, refused.json()["code"]) == (422, "DOCUMENT_UNKNOWN")
    assert refused.json()["errors"][0]["field"] == "payload.result.sha256"
    hall.as_(Role.OFFICER).put(f"/api/v1/documents/{SHA}", content=RESULT)
    assert decide().status_code == 202
