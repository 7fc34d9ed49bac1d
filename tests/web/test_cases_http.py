"""The life of a case over HTTP: start, read, supplement, withdraw, rate; the same request twice is one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from domain.terms import CaseStatus, Role, WireEvent
from domain.wire import WireState
from storage.cases.rows import CaseRow
from storage.pending_updates import UpdateRow
from tests.contract.serving import served
from tests.web.office import MATERIALS, YUBEI, brought, case_body


def test_a_case_is_started_listed_and_shown_masked(office):
    started = office.start(1)
    assert started["status"] == "REGISTERED"
    assert started["handlings"][0] | {"scheme": "chuanyu", "partner": "sichuan"} == started["handlings"][0]
    shown = office.call("GET", f"/api/v1/cases/{started['caseNo']}", "clerk").json()
    person = case_body(office, 1)["applicant"]
    assert shown["applicant"]["name"] == person["name"][0] + "*" * (len(person["name"]) - 1)
    assert person["idNumber"] not in str(shown)
    assert person["phone"] not in str(shown)
    listed = office.call("GET", f"/api/v1/cases?q={started['caseNo']}", "supervisor").json()
    assert [case["caseNo"] for case in listed["cases"]] == [started["caseNo"]]
    events = office.call("GET", f"/api/v1/cases/{started['caseNo']}/events", "auditor").json()["events"]
    assert [(event["kind"], event["label"]) for event in events] == [("REGISTERED", "登记")]


def test_the_same_key_and_body_again_is_the_first_answer(office):
    body = case_body(office, 2)
    first = office.call("POST", "/api/v1/cases", "clerk", body, key="again-0001")
    before = office.rows()
    again = office.call("POST", "/api/v1/cases", "clerk", body, key="again-0001")
    assert (again.status_code, again.json()) == (201, first.json())
    assert office.rows() == before


def test_the_same_key_with_another_body_is_refused(office):
    office.call("POST", "/api/v1/cases", "clerk", case_body(office, 3), key="other-0001")
    before = office.rows()
    answer = office.call("POST", "/api/v1/cases", "clerk", case_body(office, 4), key="other-0001")
    assert answer.status_code == 422
    assert answer.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert office.rows() == before


def test_fifty_at_once_with_one_key_are_one_case(office):
    body = case_body(office, 5)
    before = office.rows()
    gate = threading.Barrier(50)

    def send(_number):
        gate.wait()
        return office.client.post("/api/v1/cases", json=body, headers=headers)

    headers = {"Authorization": f"Bearer {office.tokens['clerk']}", "Idempotency-Key": "fifty-0001"}
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(send, range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["caseNo"] for answer in answers}) == 1
    assert office.rows()["case_file"] == before["case_file"] + 1


def test_a_key_is_needed(office):
    before = office.rows()
    answer = office.call("POST", "/api/v1/cases", "clerk", case_body(office, 6), key="short")
    assert answer.status_code == 422
    assert office.rows() == before


def test_everything_that_is_missing_is_said_at_once(office):
    body = case_body(office, 7, item=MATERIALS, region="511602") | {"materials": []}
    answer = office.call("POST", "/api/v1/cases", "clerk", body)
    assert answer.status_code == 422
    said = answer.json()
    item = office.call("GET", f"/api/v1/items/{MATERIALS}", "clerk").json()
    needed = [m["name"] for m in item["materials"] if m["required"] != "no"]
    assert len(needed) > 1
    assert all(name in said["detail"] for name in needed)
    assert said["errors"][0]["field"] == "materials"


def test_a_copy_does_not_stand_for_an_original(office):
    body = case_body(office, 8, item=MATERIALS, region="511602")
    for material in body["materials"]:
        material["provided"] = "copy"
    answer = office.call("POST", "/api/v1/cases", "clerk", body)
    assert answer.status_code == 422
    assert "请提供原件" in answer.json()["detail"]


def test_a_company_has_a_company_s_name(office):
    found = office.call("GET", "/api/v1/items?size=200", "clerk").json()["items"]
    item = next(i["code"] for i in found if i["applicant"] == "enterprise" and "chuanyu" in i["schemes"])
    body = case_body(office, 9, item=item)
    body["applicant"]["name"] = "重庆某某（集团）2号贸易有限公司" + "分" * 40
    answer = office.call("POST", "/api/v1/cases", "clerk", body)
    assert answer.status_code == 201, answer.text


def test_a_supplement_is_taken_for_the_open_round_only(office):
    handling_no = office.submitted(10)
    path = f"/api/v1/cases/{handling_no}/supplements"
    body = {"round": 1, "materials": [brought(office, 1, "electronic")]}
    assert office.call("POST", path, "clerk", body).status_code == 409

    def open_round(row):
        row.wire_state, row.round = WireState.AWAITING_SUPPLEMENT, 1

    office.change(handling_no, open_round)
    first = office.call("POST", path, "clerk", body, key="brought-0001")
    assert first.status_code == 202
    assert office.call("POST", path, "clerk", body, key="brought-0001").json() == first.json()
    assert office.call("POST", path, "clerk", body, key="brought-0002").status_code == 409
    with office.database.read() as session:
        queued = session.scalars(select(UpdateRow.name).where(UpdateRow.workflow_id == f"case-{handling_no}"))
        assert list(queued) == ["supplement"]


def test_a_withdrawal_is_asked_once(office):
    case_no = office.start(11)["caseNo"]
    path = f"/api/v1/cases/{case_no}/withdraw"
    first = office.call("POST", path, "clerk", {"reason": "不办了"}, key="withdraw-0001")
    assert (first.status_code, first.json()["withdrawalPending"]) == (202, True)
    assert office.call("POST", path, "clerk", {"reason": "不办了"}, key="withdraw-0001").json() == first.json()
    assert office.call("POST", path, "clerk", {"reason": "不办了"}, key="withdraw-0002").status_code == 409
    assert office.call("POST", f"{path}x", "clerk", {"reason": "x"}).status_code == 404


def test_a_rating_comes_once_and_after_the_decision(office):
    case_no = office.start(12)["caseNo"]
    path, body = f"/api/v1/cases/{case_no}/rating", {"code": office.code(case_no), "score": 1, "side": "window"}
    assert office.call("POST", path, None, body).status_code == 422
    with office.database.write() as session:
        case = session.get_one(CaseRow, case_no)
        case.status, case.decided_at = CaseStatus.APPROVED, datetime.now(UTC)
    for role in Role:
        assert office.call("POST", path, role.value, body).json()["code"] == "NOT_YOURS"
    assert office.call("POST", path, None, body | {"code": "0012"}).status_code == 404
    assert office.call("POST", path, None, body).status_code == 200
    assert office.call("POST", path, None, body).status_code == 409
    tasks = office.call("GET", f"/api/v1/tasks?case_no={case_no}", "supervisor").json()["tasks"]
    assert [task["kind"] for task in tasks] == ["BAD_RATING"]


def test_the_officer_says_only_what_may_follow(office):
    handling_no = office.submitted(13)
    path = f"/api/v1/handlings/{handling_no}/decisions"
    queue = office.call("GET", "/api/v1/handlings?mine=true", "officer").json()["handlings"]
    mine = next(h for h in queue if h["handlingNo"] == handling_no)
    assert mine["next"] == ["RECEIVED", "ACCEPTED", "NOT_ACCEPTED", "NEED_SUPPLEMENT"]
    assert office.call("POST", path, "officer", {"event": "APPROVED", "payload": {}}).status_code == 422
    result = {"result": {"name": "证", "form": "electronic"}}
    assert office.call("POST", path, "officer", {"event": "APPROVED", "payload": result}).status_code == 409
    said = office.call("POST", path, "officer", {"event": "RECEIVED"}, key="decision-0001")
    assert said.status_code == 202
    again = office.call("POST", path, "officer", {"event": "RECEIVED"}, key="decision-0001")
    assert again.json() == said.json()
    other = office.call("POST", path, "officer", {"event": "ACCEPTED"}, key="decision-0001")
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert office.call("POST", path, "officer", {"event": "SOMETHING"}).json()["code"] == "EVENT_UNKNOWN"
    partner_s = office.start(14)["caseNo"]
    answer = office.call("POST", f"/api/v1/handlings/{partner_s}/decisions", "officer", {"event": "RECEIVED"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("event", "payload", "field"),
    [
        ("NEED_SUPPLEMENT", {"reason": "缺", "materials": ["证明"]}, "payload.deadline_workdays"),
        ("NOT_ACCEPTED", {"reason": "不符"}, "payload.legal_basis"),
        ("APPROVED", {"result": {"name": "证", "form": "stone"}}, "payload.result.form"),
        ("RECEIVED", {"colour": "red"}, "payload.colour"),
    ],
)
def test_a_decision_names_what_it_lacks(office, event, payload, field):
    handling_no = office.submitted(15)
    before = office.rows()
    path = f"/api/v1/handlings/{handling_no}/decisions"
    answer = office.call("POST", path, "officer", {"event": event, "payload": payload})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert office.rows() == before


def test_the_history_comes_live(office):
    case_no = office.start(16, region=YUBEI)["caseNo"]
    with office.database.write() as session:
        session.get_one(CaseRow, case_no).closed_at = datetime.now(UTC)
    answer = office.call("GET", f"/api/v1/cases/{case_no}/stream", "clerk")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: case" in answer.text
    assert answer.text.endswith("event: closed\ndata: {}\n\n")


def test_the_history_goes_on_from_where_a_reader_was(office):
    case_no = office.start(17, region=YUBEI)["caseNo"]
    with office.database.write() as session:
        session.get_one(CaseRow, case_no).closed_at = datetime.now(UTC)
    for seen in ("999999999", "not a number", "-1"):
        answer = office.call("GET", f"/api/v1/cases/{case_no}/stream", "clerk", headers={"Last-Event-ID": seen})
        assert answer.status_code == 200
        assert ("event: case" in answer.text) is not seen.startswith("9")


def test_over_a_real_connection_too(office):
    """Chunks, keep-alive and the middlewares as they are served."""
    import requests

    with served(office.app) as base, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {office.tokens['clerk']}"
        body = case_body(office, 18)
        first = session.post(f"{base}/api/v1/cases", json=body, headers={"Idempotency-Key": "wire-0001"}, timeout=5)
        assert first.status_code == 201
        shown = session.get(f"{base}/api/v1/cases/{first.json()['caseNo']}", timeout=5).json()
        assert shown["statusLabel"] == CaseStatus.REGISTERED.label


def test_words_for_every_event_an_officer_can_say():
    from web.views.history_words import history_label
    from web.views.wording import EVENTS

    assert set(EVENTS) == set(WireEvent)
    assert history_label("SOMETHING_NEW") == "SOMETHING_NEW"
