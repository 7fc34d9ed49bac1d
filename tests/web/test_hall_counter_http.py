"""The hall's counter over HTTP: who collects says his code, shows his document, and signs; wrong codes are counted."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from storage.cases.rows import CaseEventRow
from storage.parcels.code_checks import TRIES, at_hall, code_of
from storage.pending_updates import UpdateRow
from storage.tasks.rows import open_task

numbers = iter(range(700, 800))


@pytest.fixture
def case_no(office):
    """Something of the case waits at the hall."""
    number = office.start(next(numbers))["caseNo"]
    waits(office, number, 1)
    return number


def waits(office, case_no, time):
    with office.database.write() as session:
        key = f"{case_no}/collection/{time}"
        open_task(session, key=key, kind=TaskKind.COLLECT_AT_HALL, now=datetime.now(UTC), case_no=case_no, matter=key)


def code(office, case_no, time=1):
    return code_of(office.handover_key(case_no), at_hall(case_no, time))


def collect(office, case_no, **body):
    answer = office.call("POST", f"/api/v1/cases/{case_no}/collection", "clerk", {"signerKind": "self", **body})
    return answer.status_code, answer.json().get("code")


def told(office, case_no):
    with office.database.read() as session:
        event = session.scalar(select(CaseEventRow).filter_by(case_no=case_no, kind="COLLECTED_BY"))
        update = session.scalar(select(UpdateRow).filter_by(update_id=f"{case_no}-handed-over"))
    return (event.data if event else None), update is not None


def test_the_right_code_hands_over(office, case_no):
    typed = code(office, case_no)
    assert collect(office, case_no, handoverCode=f"{typed[:3]} {typed[3:]}") == (202, None)
    said, is_told = told(office, case_no)
    assert (said["code"], is_told) == ("RIGHT", True)


def test_a_wrong_code_hands_nothing_over_and_is_counted(office, case_no):
    wrong = f"{(int(code(office, case_no)) + 1) % 10**6:06}"
    for _ in range(TRIES):
        assert collect(office, case_no, handoverCode=wrong) == (422, "CODE_WRONG")
    assert collect(office, case_no, handoverCode=code(office, case_no)) == (422, "CODE_WRONG")
    assert told(office, case_no) == (None, False)
    assert collect(office, case_no, noCode="ID_SEEN") == (202, None)  # the document decides
    assert told(office, case_no)[0]["noCode"] == "ID_SEEN"


def test_the_second_time_that_something_waits_has_another_code(office, case_no):
    first, second = code(office, case_no), code(office, case_no, 2)
    waits(office, case_no, 2)
    assert collect(office, case_no, handoverCode=first) == (422, "CODE_WRONG")
    assert collect(office, case_no, handoverCode=second) == (202, None)


def test_what_was_signed_is_the_case_s(office, case_no):
    assert collect(office, case_no, noCode="ID_SEEN", proofs=["0" * 64]) == (422, "DOCUMENT_UNKNOWN")
    assert told(office, case_no) == (None, False)
    proof = office.uploaded()
    assert collect(office, case_no, noCode="ID_SEEN", proofs=[proof]) == (202, None)
    assert told(office, case_no)[0]["proofs"] == [proof]
    read = office.call("GET", f"/api/v1/documents/{proof}?caseNo={case_no}", "supervisor")
    assert read.status_code == 200


def test_a_locker_collects_nothing(office, case_no):
    assert collect(office, case_no, signerKind="locker", noCode="ID_SEEN") == (422, "SIGNER")


def test_the_district_is_drawn_in_one_datum(office):
    shown = office.call("GET", "/api/v1/district", "outlet").json()
    assert (shown["code"], shown["datum"]) == ("500103", "WGS-84")
    lats, lons = zip(*shown["outline"], strict=True)
    assert len(shown["outlets"]) == 10
    for outlet in shown["outlets"]:
        assert min(lats) < outlet["lat"] < max(lats)
        assert min(lons) < outlet["lon"] < max(lons)
