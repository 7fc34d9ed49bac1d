"""The list of cases and the search without a browser: who finds whom, each view, many at once, who was first."""

import re

import pytest
from sqlalchemy import delete, select, update

from demo.people import applicant
from domain.messages import Responsible
from domain.terms import CaseStatus, Role
from domain.wire import WireState
from runtime.container import container_of
from storage.cases.applicant_messages import MessageRow
from storage.cases.faces import CaseFaceRow, CaseMarkRow
from storage.cases.rows import CaseEventRow, CaseRow
from tests.web.district import COLLEAGUE, busy, settle
from tests.web.many import number
from tests.web.office import brought
from web.api.faces import give_faces

BOX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def settled(office):
    """Sixty open cases of the clerk, three of them late, four that end today."""
    numbers = settle(office, 60)
    busy(office, 8)
    return numbers


def found(office, q, role="clerk", **more):
    answer = office.call("POST", "/search", role, data={"q": q}, headers=BOX, **more)
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return re.findall(r'href="/window/(\d{20}[\dX])"', answer.text), answer.text


def test_a_case_is_found_by_every_whole_thing_and_by_no_part_of_a_name(office):
    case_no, person = office.start(41)["caseNo"], applicant(41, "personal")
    for q in (person["name"], person["idNumber"], person["phone"], person["phone"][-4:], case_no, case_no[16:20]):
        numbers, page = found(office, q)
        assert case_no in numbers, q
        assert person["name"] not in page and person["phone"] not in page and person["idNumber"] not in page
    wide = person["phone"].translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert case_no in found(office, f" {wide} ")[0]
    assert found(office, person["name"][0])[0] == []
    assert found(office, "没有这个人")[0] == []


def test_what_a_search_compares_tells_nothing_of_anybody(office):
    person = applicant(42, "personal")
    case_no = office.start(42)["caseNo"]
    with office.database.read() as session:
        face = session.get_one(CaseFaceRow, case_no).name
        marks = session.scalars(select(CaseMarkRow.mark).filter_by(case_no=case_no)).all()
    assert len(marks) == 5
    assert all(re.fullmatch("[0-9a-f]{32}", mark) for mark in marks)
    kept = "".join([face.decode("latin-1"), *marks])
    for word in (person["name"], person["phone"], person["idNumber"], person["phone"][-4:]):
        assert word not in kept


@pytest.mark.parametrize("role", Role)
def test_who_may_not_read_cases_finds_nobody(office, role):
    case_no = office.start(43)["caseNo"]
    answer = office.call("POST", "/search", role.value, data={"q": applicant(43, "personal")["phone"]}, headers=BOX)
    reads = role in (Role.CLERK, Role.SUPERVISOR, Role.AUDITOR)  # an officer what his department decides here
    assert answer.status_code == (200 if reads or role is Role.OFFICER else 403)
    assert (case_no in answer.text) is reads


def test_items_and_regions_lead_where_the_role_goes_on(office):
    assert "/window/new?item=YZ-HRSS-001" in found(office, "失业登记")[1]
    page = found(office, "失业登记", "officer")[1]
    assert "/window/new" not in page and "/cases?q=失业登记" in page
    assert "/cases?region=510104" in found(office, "锦江")[1]


def test_older_cases_get_their_face_afterwards_and_one_that_does_not_open_stops_nothing(office):
    case_no, broken = office.start(44)["caseNo"], office.start(45)["caseNo"]
    with office.database.write() as session:
        for table in (CaseFaceRow, CaseMarkRow):
            session.execute(delete(table).where(table.case_no.in_((case_no, broken))))
        session.execute(update(CaseRow).filter_by(case_no=broken).values(dossier=b"\x01xsealed"))
    assert case_no not in found(office, applicant(44, "personal")["name"])[0]
    assert give_faces(container_of(office.app.state.context.settings)) == 1
    assert case_no in found(office, applicant(44, "personal")["name"])[0]
    listed = office.call("GET", f"/api/v1/cases?q={broken}", "clerk").json()["cases"]
    assert [line["who"] for line in listed] == [""]


def listed(office, query, role="clerk"):
    answer = office.call("GET", f"/api/v1/cases?size=200&{query}", role)
    assert answer.status_code == 200, answer.text
    return answer.json()["cases"]


def test_each_view_has_what_it_says(office, settled):
    assert [line["caseNo"] for line in listed(office, "view=today")] == [*reversed(settled[:3]), *settled[3:7]]
    for view, awaits in (("applicant", Responsible.APPLICANT), ("authority", Responsible.AUTHORITY)):
        numbers = {line["caseNo"] for line in listed(office, f"view={view}")}
        with office.database.read() as session:
            assert numbers == set(session.scalars(select(CaseRow.case_no).filter_by(awaits=awaits, closed_at=None)))
    assert {line["caseNo"] for line in listed(office, "view=collect")} == {settled[1], settled[5]}
    mine = {line["caseNo"] for line in listed(office, "view=mine")}
    assert set(settled) <= mine
    assert listed(office, "view=mine", "officer") == []


def test_a_line_says_who_where_who_has_it_and_how_long(office, settled):
    (line,) = listed(office, f"q={settled[5]}")
    assert line["who"].endswith("*") and line["where"] == "成都市锦江区等 2 地"
    assert line["holder"] == "办理地"
    lines = {
        line["caseNo"]: line for line in listed(office, "view=mine&statuses=COLLECTED&statuses=SUPPLEMENT_REQUIRED")
    }
    assert {line["status"] for line in lines.values()} == {"COLLECTED", "SUPPLEMENT_REQUIRED"}
    assert lines[settled[3]]["holder"] == "窗口 clerk"
    assert lines[settled[1]]["holder"] == "申请人"
    assert lines[settled[6]]["holder"] == "督办"  # on hold
    assert lines[settled[1]]["workdaysLeft"] <= 0 < lines[settled[58]]["workdaysLeft"]
    assert {line["caseNo"] for line in listed(office, "view=mine&region=440106")} == {
        settled[5],
        settled[30],
        settled[55],
    }


def test_the_heading_of_the_day_is_an_answer(office, settled):
    assert re.search(r"<h1[^>]*>3 件已超期(，\d 件今天到期)?</h1>", office.call("GET", "/window", "clerk").text)


def bulk(office, action, body, role="clerk", key=None):
    answer = office.call("POST", f"/api/v1/cases:{action}", role, body, key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_reminding_says_of_each_why_not_and_the_same_key_sends_none_again(office, settled):
    quiet = office.start(46)["caseNo"]
    body = {"cases": [settled[20], quiet, "500103209911230000010", settled[21]], "reason": "请留意办理进展"}
    first = bulk(office, "remind", body, key="remind-0001")
    assert [(line["ok"], line["code"]) for line in first["lines"]] == [
        (True, None),
        (False, "NO_MESSAGE"),
        (False, "CASE_UNKNOWN"),
        (True, None),
    ]
    assert (first["done"], first["failed"]) == (2, 2)
    assert bulk(office, "remind", body, key="remind-0001") == first
    with office.database.read() as session:
        told = session.execute(select(MessageRow.case_no, MessageRow.ask_reason)).all()
        asked = [case_no for case_no, reason in told if reason == "请留意办理进展"]
    assert sorted(asked) == sorted([settled[20], settled[21]])


def test_a_case_goes_to_a_colleague_unless_somebody_else_has_it_by_now(office, settled):
    rows = [{"caseNo": settled[place], "to": COLLEAGUE, "seen": "clerk"} for place in (22, 23, 24)]
    with office.database.write() as session:
        session.get_one(CaseRow, settled[23]).keeper = "zhaolei"
        session.get_one(CaseRow, settled[24]).closed_at = office.app.state.context.now()
    answer = bulk(office, "assign", {"rows": rows}, "supervisor")
    assert [(line["ok"], line["code"]) for line in answer["lines"]] == [
        (True, None),
        (False, "MOVED"),
        (False, "CASE_CLOSED"),
    ]
    assert "zhaolei" in answer["lines"][1]["detail"]
    with office.database.read() as session:
        assert session.get_one(CaseRow, settled[23]).keeper == "zhaolei"
        event = session.scalar(select(CaseEventRow).filter_by(case_no=settled[22], kind="ASSIGNED"))
    assert (event.actor, event.data) == ("supervisor", {"from": "clerk", "to": COLLEAGUE})
    nobody = bulk(office, "assign", {"rows": [{"caseNo": settled[25], "to": "officer", "seen": "clerk"}]})
    assert nobody["lines"][0]["code"] == "CLERK_UNKNOWN"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("remind", {"cases": [number(0)] * 201, "reason": "提醒"}),
        ("remind", {"cases": [], "reason": "提醒"}),
        ("remind", {"cases": [number(0)], "reason": ""}),
        ("assign", {"rows": [{"caseNo": number(0), "to": "clerk", "seen": None}] * 2}),
    ],
)
def test_what_is_asked_wrongly_changes_nothing(office, settled, action, body):
    before = office.rows()
    assert office.call("POST", f"/api/v1/cases:{action}", "clerk", body).status_code == 422
    assert office.rows() == before


def test_who_supplements_second_is_told_what_the_first_one_brought(office):
    handling_no = office.submitted(47)

    def open_round(row):
        row.wire_state, row.round, row.status = WireState.AWAITING_SUPPLEMENT, 1, CaseStatus.SUPPLEMENT_REQUIRED

    office.change(handling_no, open_round)
    path = f"/api/v1/cases/{handling_no}/supplements"
    body = {"round": 1, "materials": [brought(office, 2, "electronic")]}
    assert office.call("POST", path, "clerk", body).status_code == 202
    second = office.call("POST", path, "clerk", body)
    assert (second.status_code, second.json()["code"]) == (409, "SUPPLEMENT_DONE")
    theirs = second.json()["theirs"]
    assert (theirs["by"], theirs["what"]) == ("clerk", "已提交第 1 次补正")
    assert "身份证" in theirs["why"]
