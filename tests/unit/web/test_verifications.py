"""Whoever is given a print checks it by its square code: what it says, whether it still counts, and nobody's data."""

import hashlib
import re

import pytest
from sqlalchemy import select

from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.terms import ApplicantType, CaseStatus, IdType, Role
from storage.cases.rows import CaseRow, HandlingRow, read_dossier, write_dossier
from storage.cases.verifications import VerificationRow
from storage.tasks.rows import open_task
from tests.unit.web.hall import PERSON
from tests.unit.web.test_papers import paper, text_of
from tests.unit.web.test_results import SHA, code_of, fetch, on_the_page, with_result

OTHER = b"%PDF-1.4 another"
OTHER_SHA = hashlib.sha256(OTHER).hexdigest()
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(/verify/[A-Z2-7]{26})")


@pytest.fixture
def case_no(hall) -> str:
    return with_result(hall)


def path_on(answer) -> str:
    return ADDRESS.search(text_of(answer))[1]


def asked(hall, path):
    return hall.as_().get(path, headers={"Authorization": ""})


def page_of(hall, path) -> str:
    answer = asked(hall, path)
    assert answer.status_code == 200
    return answer.text


def change(hall, case_no, **what):
    with hall.database.write() as session:
        handling = session.get_one(HandlingRow, case_no)
        for name, value in what.items():
            setattr(handling, name, value)


def test_the_sheet_says_what_the_file_is_and_prints_the_same_again(hall, case_no):
    answer = paper(hall, case_no, "result")
    said = text_of(answer)
    for words in ("电子结果验证单", "准迁证", "川迁1号", "四川省成都市锦江区", SHA[:16]):
        assert words in said
    assert PERSON["idNumber"] not in said
    assert answer.content == paper(hall, case_no, "result").content
    assert "papers/result.pdf" in str(hall.as_().get(f"/api/v1/cases/{case_no}").json()["writings"])


def test_a_stranger_checks_it_without_a_login_and_learns_nothing_personal(hall, case_no):
    path = path_on(paper(hall, case_no, "result"))
    page = page_of(hall, path)
    for words in ("文书有效", "电子结果验证单", "四川省成都市锦江区", "2026年11月23日", SHA[:16], "王**"):
        assert words in page
    for secret in (PERSON["name"], PERSON["idNumber"], PERSON["phone"], PERSON["phone"][-4:], case_no, SHA):
        assert secret not in page
    assert page_of(hall, path.lower()) == page


@pytest.mark.parametrize("token", ["A" * 26, "x", "0" * 300, "王秀兰", "..%2f.."])
def test_what_nobody_has_printed_is_unknown(hall, case_no, token):
    paper(hall, case_no, "result")
    answer = asked(hall, f"/verify/{token}")
    assert answer.status_code == 404
    assert "王**" not in answer.text


@pytest.mark.parametrize("what", [{"result": None}, {"result": {"sha256": "cd" * 32}}, {"status": CaseStatus.REJECTED}])
def test_a_print_of_what_no_longer_counts_is_told(hall, case_no, what):
    path = path_on(paper(hall, case_no, "result"))
    change(hall, case_no, **what)
    page = page_of(hall, path)
    assert "已变更或撤销" in page and "请勿采信" in page and "文书有效" not in page


@pytest.mark.parametrize(("outcome", "valid"), [(TaskOutcome.CHECKED_FALSE, False), (TaskOutcome.CHECKED_TRUE, True)])
def test_a_promise_that_was_found_false_revokes_it(hall, case_no, outcome, valid):
    path = path_on(paper(hall, case_no, "result"))
    with hall.database.write() as session:
        task = open_task(session, key="check", kind=TaskKind.POST_CHECK, now=hall.now, case_no=case_no)
    body = {"outcome": outcome, "reason": "已核查"}
    assert hall.as_(Role.SUPERVISOR).post(f"/api/v1/tasks/{task}/resolve", json=body).status_code == 200
    assert ("文书有效" in page_of(hall, path)) is valid


def test_a_new_decision_has_a_code_of_its_own(hall, case_no):
    first = path_on(paper(hall, case_no, "result"))
    change(hall, case_no, result={"name": "新证", "form": "electronic", "sha256": SHA, "document_no": ""})
    assert path_on(paper(hall, case_no, "result")) == first  # the same decision and file
    hall.as_().put(f"/api/v1/documents/{OTHER_SHA}", content=OTHER)
    change(hall, case_no, result={"name": "新证", "form": "electronic", "sha256": OTHER_SHA, "document_no": ""})
    second = path_on(paper(hall, case_no, "result"))
    assert second != first
    assert "文书有效" in page_of(hall, second) and "请勿采信" in page_of(hall, first)


def test_the_database_knows_no_token(hall, case_no):
    path = path_on(paper(hall, case_no, "result"))
    with hall.database.read() as session:
        kept = str(session.execute(select(*VerificationRow.__table__.columns)).one())
    assert path.removeprefix("/verify/") not in kept


def test_the_applicant_downloads_the_sheet_with_the_code(hall, case_no):
    code = code_of(hall, case_no)
    answer = fetch(hall, case_no, code, sheet=True)
    assert answer.content == paper(hall, case_no, "result").content
    assert on_the_page(hall, case_no, code, sheet="1", handlingNo="").content == answer.content
    assert fetch(hall, case_no, "1", sheet=True).json()["code"] == "TRACK"


def test_there_is_no_sheet_without_a_file(hall):
    number = hall.started()
    assert paper(hall, number, "result").json()["code"] == "RESULT_UNKNOWN"
    assert "result.pdf" not in str(hall.as_().get(f"/api/v1/cases/{number}").json()["writings"])


def test_a_firm_is_named_by_its_ends(hall, case_no):
    name = "重庆市渝中区" + "山" * 31 + "有限公司"
    with hall.database.write() as session:
        case = session.get_one(CaseRow, case_no)
        dossier = read_dossier(case, hall.context.sealer)
        firm = dossier.applicant.model_copy(
            update={"name": name, "type": ApplicantType.ENTERPRISE, "id_type": IdType.CREDIT_CODE}
        )
        write_dossier(case, hall.context.sealer, dossier.model_copy(update={"applicant": firm}))
    assert "重庆市***公司" in page_of(hall, path_on(paper(hall, case_no, "result")))
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json()["applicant"]["name"] == "重庆市***公司"
    assert "重庆市***公司" in text_of(paper(hall, case_no, "dossier"))
