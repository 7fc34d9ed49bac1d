"""The same person, item and region once more: shown before posting, decided with a reason (重复办件)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from demo.people import applicant
from domain.terms import CaseStatus
from storage.base import Database
from storage.cases.rows import CaseEventRow, CaseRow
from storage.cases.same_matter import SameMatterRow, hold_marks
from tests.sealing import SEALER
from tests.unit.web.hall import PERSON, an_item, case_body

OTHER_PLACE = "510107"


def once():
    return {name: value for name, value in case_body().items() if name != "duplicateReason"}


def with_files(hall, body):
    """As `hall.start` does: what is electronic has its file."""
    files = {"electronic": {"sha256": hall.uploaded()}}
    return body | {"materials": [m | files.get(m["provided"], {}) for m in body["materials"]]}


@pytest.fixture
def first(hall):
    return hall.started(once())


def asked(**more):
    body = once()
    found = {"itemCode": body["itemCode"], "regions": ["510104"]}
    return found | {name: PERSON[name] for name in ("idType", "idNumber")} | more


def found(hall, **more):
    answer = hall.as_().post("/api/v1/same-matters", json=asked(**more))
    assert answer.status_code == 200, answer.text
    return [(case["caseNo"], case["status"], case["closedAt"]) for case in answer.json()["cases"]]


def close(hall, case_no, at):
    with hall.database.write() as session:
        row = session.get_one(CaseRow, case_no)
        row.status, row.closed_at = CaseStatus.APPROVED, at


def test_a_second_one_is_refused_with_the_first(hall, first):
    answer = hall.start(once())
    assert answer.status_code == 409
    told = answer.json()
    assert (told["code"], told["errors"][0]["field"]) == ("SAME_MATTER", "duplicateReason")
    (other,) = told["cases"]
    assert (other["caseNo"], other["region"], other["statusLabel"]) == (first, "510104", "已登记")
    assert (other["itemName"], other["closedAt"]) == (an_item(lambda i: i.code == once()["itemCode"]).name, None)
    with hall.database.read() as session:
        assert session.scalars(select(CaseRow.case_no)).all() == [first]


def test_a_reason_lets_it_through_and_is_kept_and_shown(hall, first):
    again = hall.started(once(), duplicateReason="上次办的是长子，这次是次子")
    shown = hall.as_().get(f"/api/v1/cases/{again}").json()["sameMatter"]
    assert shown["reason"] == "上次办的是长子，这次是次子"
    assert (shown["cases"], shown["by"]) == ([first], "clerk")
    page = hall.as_().get(f"/window/{again}").text
    assert first in page
    assert "上次办的是长子，这次是次子" in page
    with hall.database.read() as session:
        event = session.scalars(select(CaseEventRow).filter_by(case_no=again, kind="REGISTERED")).one()
        assert event.data["sameMatter"] == [first]
        assert "次子".encode() not in session.get_one(CaseRow, again).dossier


def test_a_reason_without_others_is_not_kept(hall):
    case_no = hall.started(once(), duplicateReason="以防万一")
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json()["sameMatter"] is None


@pytest.mark.parametrize("reason", ["", "办", "办" * 201])
def test_what_is_no_reason_is_said_at_the_field(hall, first, reason):
    answer = hall.start(once(), duplicateReason=reason)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "duplicateReason")


def test_the_same_request_again_is_no_second_case(hall):
    headers = {"Idempotency-Key": "same-matter-0001"}
    body = with_files(hall, once())
    answers = [hall.as_().post("/api/v1/cases", json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_refused_request_keeps_its_key_free(hall, first):
    headers = {"Idempotency-Key": "same-matter-0002"}
    body = with_files(hall, once())
    assert hall.as_().post("/api/v1/cases", json=body, headers=headers).status_code == 409
    told = body | {"duplicateReason": "确需再办"}
    assert hall.as_().post("/api/v1/cases", json=told, headers=headers).status_code == 201


def test_another_place_item_or_person_is_another_matter(hall, first):
    assert hall.start(once() | {"handlings": [{"region": OTHER_PLACE, "role": None}]}).status_code == 201
    assert (
        hall.start(once() | {"applicant": PERSON | {"idNumber": applicant(2, "personal")["idNumber"]}}).status_code
        == 201
    )
    item = an_item(lambda i: i.code != once()["itemCode"] and i.applicant == "both" and "chuanyu" in i.schemes)
    assert found(hall, itemCode=item.code) == []


def test_what_has_ended_counts_for_thirty_days(hall, first):
    day = timedelta(days=1)
    close(hall, first, hall.now - 30 * day)
    assert found(hall) == [(first, "APPROVED", (hall.now - 30 * day).isoformat())]
    close(hall, first, hall.now - 31 * day)
    assert found(hall) == []
    assert hall.start(once()).status_code == 201


def test_the_page_asks_before_it_posts(hall, first):
    assert found(hall) == [(first, "REGISTERED", None)]
    assert found(hall, regions=[OTHER_PLACE]) == []
    assert found(hall, regions=[OTHER_PLACE, "510104"]) == [(first, "REGISTERED", None)]
    wrong = hall.as_().post("/api/v1/same-matters", json=asked(idNumber="11010519491231002"))
    assert wrong.status_code == 422
    assert "11010519491231002" not in wrong.text


def test_the_mark_says_nothing(hall, first):
    with hall.database.read() as session:
        (row,) = session.scalars(select(SameMatterRow))
    assert (row.handling_no, len(row.mark)) == (first, 64)
    assert PERSON["idNumber"] not in row.mark


def test_of_two_at_once_the_second_waits_for_the_first(postgresql_url):
    database, taken, order = Database(postgresql_url, SEALER), threading.Event(), []

    def second():
        taken.wait(10)
        with database.write() as session:
            hold_marks(session, ["0" * 64, "a" * 64])
            order.append("second")

    with ThreadPoolExecutor(1) as other:
        with database.write() as session:
            hold_marks(session, ["a" * 64, "b" * 64])
            waiting = other.submit(second)
            taken.set()
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            order.append("first")
        waiting.result(10)
    assert order == ["first", "second"]
    database.close()
