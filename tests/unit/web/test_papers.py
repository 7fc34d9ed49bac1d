"""The papers of a case: what they say, who may have them, masked where many hands touch them, same bytes each time."""

import io
from datetime import timedelta
from uuid import uuid4

from pypdf import PdfReader

from domain.messages import DeadlineKind
from domain.terms import CaseStatus, Role
from storage.cases.rows import DeadlineRow, HandlingRow
from storage.parcels.legs import LegRow
from tests.unit.web.hall import PERSON, an_item, case_body
from tests.unit.web.test_owing import DEFERRABLE, OWED, PROMISED, PROMISING


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


def paper(hall, case_no, kind, role=Role.CLERK):
    return hall.as_(role).get(f"/api/v1/cases/{case_no}/papers/{kind}.pdf")


def test_the_receipt_says_what_came_in(hall):
    item = an_item(lambda i: i.applicant.value != "enterprise" and "chuanyu" in i.schemes and len(i.materials) > 1)
    case_no = hall.started(case_body(item))
    answer = hall.as_().get(f"/api/v1/cases/{case_no}/receipt.pdf")
    said = text_of(answer)
    for words in ("收件凭证", case_no, item.name, "王秀兰", "138****0001", "四川省成都市锦江区", "政务大厅综窗",
                  "2026年11月23日10:00", "2026年11月24日（收件当日不计", "是否受理由办理地决定",
                  *(m.name for m in item.materials)):  # fmt: skip
        assert "".join(words.split()) in said, words
    assert PERSON["idNumber"] not in said and PERSON["phone"] not in said
    assert answer.content == hall.as_().get(f"/api/v1/cases/{case_no}/receipt.pdf").content
    assert answer.content == paper(hall, case_no, "receipt").content


def test_only_those_who_handle_cases_may_have_it(hall):
    case_no = hall.started()
    assert paper(hall, case_no, "receipt", Role.COURIER).status_code == 403
    assert paper(hall, case_no, "receipt", Role.AUDITOR).status_code == 200
    assert paper(hall, case_no, "poem").status_code == 422
    assert paper(hall, "500103202611239999990", "receipt").status_code == 404


def test_a_case_without_an_occasion_gets_the_reason(hall):
    case_no = hall.started()
    codes = {kind: paper(hall, case_no, kind).json()["code"] for kind in ("notice", "commitment", "delivery")}
    assert codes == {"notice": "NO_SUPPLEMENT", "commitment": "NOTHING_PROMISED", "delivery": "NO_RESULT"}


def test_the_commitment_names_what_is_owed_and_until_when(hall):
    answer = hall.start(case_body(DEFERRABLE, **{f"m{OWED}": "deferred"})).json()
    said = text_of(paper(hall, answer["caseNo"], "commitment"))
    name = next(m.name for m in DEFERRABLE.materials if m.seq == OWED)
    year, month, day = answer["deferred"][0]["dueAt"][:10].split("-")
    due = f"{year}年{int(month)}月{int(day)}日"
    for words in (
        "容缺受理通知及承诺书",
        "一、容缺受理通知",
        "容缺材料",
        name,
        due,
        "一式两份",
        "补齐前不发放办理结果",
        "愿承担不实承诺的法律责任",
    ):
        assert "".join(words.split()) in said, words
    assert "二、告知承诺" not in said


def test_the_commitment_names_what_is_promised(hall):
    case_no = hall.started(case_body(PROMISING, **{f"m{PROMISED}": "committed"}))
    said = text_of(paper(hall, case_no, "commitment"))
    assert "告知承诺书" in said and "一、告知承诺" in said and "容缺" not in said
    assert "".join(next(m.name for m in PROMISING.materials if m.seq == PROMISED).split()) in said


def test_the_notice_at_the_window_lists_every_gap_at_once(hall):
    item = an_item(lambda i: sum(m.required.value == "yes" for m in i.materials) > 1)
    body = {"itemCode": item.code, "applicantName": "欧阳·娜", "materials": []}
    said = text_of(hall.as_().post("/api/v1/papers/notice.pdf", json=body))
    missing = [m for m in item.materials if m.required.value != "no"]
    for place, material in enumerate(missing, start=1):
        assert "".join(f"{place}.缺《{material.name}》".split()) in said
    assert "一次性告知书" in said and "欧阳·娜" in said


def test_there_is_no_notice_when_nothing_is_missing(hall):
    body = case_body()
    given = {"itemCode": body["itemCode"], "materials": body["materials"]}
    assert hall.as_().post("/api/v1/papers/notice.pdf", json=given).json()["code"] == "NOTHING_MISSING"


def test_the_notice_of_a_supplement_round_has_the_authoritys_words(hall):
    case_no = hall.started(case_body(_in_city(), region="500112"))
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).wire_state = "SUBMITTED"
    officer = hall.as_(Role.OFFICER)
    said = {"reason": "户口簿复印件不清晰", "materials": ["户口簿首页", "本人页"], "deadline_workdays": 5}
    for event, payload in (("RECEIVED", {}), ("NEED_SUPPLEMENT", _camel(said))):
        answer = officer.post(
            f"/api/v1/handlings/{case_no}/decisions",
            json={"event": event, "payload": payload},
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code == 202, answer.text
    with hall.database.write() as session:
        due = hall.now + timedelta(days=7)
        session.add(DeadlineRow(case_no=case_no, handling_no=case_no, key="s", kind=DeadlineKind.SUPPLEMENT_REPLY,
                                start_at=hall.now, warn_at=due, due_at=due, responsible="applicant"))  # fmt: skip
    words = text_of(paper(hall, case_no, "notice"))
    for each in ("第1次补正", "户口簿复印件不清晰", "1.户口簿首页", "2.本人页", "2026年11月30日"):
        assert each in words, each


def _in_city():
    return an_item(lambda i: i.applicant.value != "enterprise" and "quanyu" in i.schemes)


def _camel(payload):
    return {"deadlineWorkdays" if key == "deadline_workdays" else key: value for key, value in payload.items()}


def _approved(hall, case_no):
    hall.record(case_no, CaseStatus.APPROVED)
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).result = {
            "name": "不动产权证书", "form": "paper", "document_no": "川〔2026〕12号", "sha256": None,
        }  # fmt: skip


def test_the_delivery_receipt_before_and_after_delivery(hall):
    case_no = hall.started()
    _approved(hall, case_no)
    assert "不动产权证书" in text_of(paper(hall, case_no, "delivery"))
    with hall.database.write() as session:
        session.add(
            LegRow(
                leg_id=f"{case_no}-DELIVERY-1", case_no=case_no, handling_no=case_no, leg="DELIVERY", region="500103",
                tracking_no="XA000000001CN", stage="DELIVERED", outcome="DELIVERED", ordered_at=hall.now,
                ended_at=hall.now + timedelta(hours=1), sign_self=True,
            )
        )  # fmt: skip
    said = text_of(paper(hall, case_no, "delivery"))
    for words in ("送达回证", "川〔2026〕12号", "邮政送达", "XA000000001CN", "2026年11月23日11:00", "本人"):
        assert words in said, words


def test_the_delivery_receipt_of_what_was_collected_at_the_hall(hall):
    case_no = hall.started()
    _approved(hall, case_no)
    hall.record(case_no, CaseStatus.APPROVED, "HANDED_OVER")
    assert "大厅领取" in text_of(paper(hall, case_no, "delivery"))


def test_the_dossier_list_is_masked_because_it_travels(hall):
    case_no = hall.started()
    _approved(hall, case_no)
    said = text_of(paper(hall, case_no, "dossier"))
    assert "王**" in said or "王*" in said
    assert "王秀兰" not in said
    assert "不动产权证书" in said and "卷宗目录" in said
