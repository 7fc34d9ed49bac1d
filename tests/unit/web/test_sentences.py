"""Every status and every refusal has its sentence for the applicant."""

import re
from pathlib import Path

import pytest

import web
from domain.terms import CaseStatus
from web.views.sentences import REFUSED, STATUS, Refused, Way


def _kind(sentence: str) -> bool:
    """Short, Chinese, ends like a sentence, names no code."""
    return sentence.endswith("。") and len(sentence) <= 40 and re.search(r"[A-Za-z_]", sentence) is None


def test_every_status_has_one_of_its_own():
    assert set(STATUS) == set(CaseStatus)
    assert len(set(STATUS.values())) == len(CaseStatus)
    assert all(map(_kind, STATUS.values()))


def test_every_way_of_a_result_has_one_of_its_own():
    assert all(map(_kind, Way)) and not set(Way) & set(STATUS.values())


def test_every_refusal_has_one_of_its_own():
    assert set(REFUSED) == set(Refused)
    assert len(set(REFUSED.values())) == len(Refused)
    assert all(map(_kind, REFUSED.values()))


def test_refusals_are_said_in_one_place():
    """No route words them a second time."""
    folder = Path(web.__file__).parent
    texts = {path.name: path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "sentences.py"}
    for code, sentence in REFUSED.items():
        again = [name for name, text in texts.items() if sentence.rstrip("。") in text or f'code="{code}"' in text]
        assert again == [], code


def test_the_applicant_reads_the_sentence_of_the_moment(hall):
    case_no = hall.started()

    def read() -> str:
        answer = hall.tracked(case_no)
        return answer.json()["next"]

    for status in CaseStatus:
        hall.record(case_no, status)
        assert read() == STATUS[status]


@pytest.mark.parametrize("status", [s for s in CaseStatus if s.is_outcome])
def test_a_withdrawal_after_the_outcome_is_refused_with_its_sentence(hall, status):
    case_no = hall.started()
    hall.record(case_no, status)
    answer = hall.as_().post(
        f"/api/v1/cases/{case_no}/withdraw", json={"reason": "不办了"}, headers={"Idempotency-Key": "k" * 8}
    )
    assert answer.status_code == 409
    assert answer.json()["detail"] == REFUSED[Refused.WITHDRAWAL_TOO_LATE]


def test_a_supplement_nobody_asked_for_is_refused_with_its_sentence(hall):
    case_no = hall.started()
    body = {"round": 1, "materials": [{"seq": 1, "provided": "copy", "pages": 1}]}
    answer = hall.as_().post(f"/api/v1/cases/{case_no}/supplements", json=body, headers={"Idempotency-Key": "k" * 8})
    assert (answer.status_code, answer.json()["detail"]) == (409, REFUSED[Refused.SUPPLEMENT_NOT_OPEN])
