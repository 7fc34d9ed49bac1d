"""The fee: how much, who pays, marked as paid by a clerk, told to the applicant; sums of results in yuan."""

import pytest

from catalog.forms.generic import form_of
from domain.inbound import EventPayload, ResultPaper
from domain.terms import ResultForm, Role, WireEvent
from domain.wire import WireState
from storage.cases.rows import CaseRow, HandlingRow
from tests.unit.storage.casework import message
from tests.unit.web.hall import an_item, case_body

PAYING = an_item(lambda i: i.fee_yuan and not i.form and i.applicant.value != "enterprise" and "chuanyu" in i.schemes)
FREE = an_item(lambda i: not i.fee_yuan and not i.form and i.applicant.value != "enterprise" and "chuanyu" in i.schemes)
DUE = int(PAYING.fee_yuan * 100)
RECEIPT = {"payer": "applicant", "receiptNo": "50990001"}


@pytest.fixture
def case_no(hall):
    return hall.started(case_body(PAYING))


def mark(hall, case_no, **wanted):
    return hall.as_().post(f"/api/v1/cases/{case_no}/fee", json=RECEIPT | wanted)


def fee(hall, case_no):
    return hall.as_().get(f"/api/v1/cases/{case_no}").json()["fee"]


def told(hall, case_no):
    return hall.tracked(case_no).json()


def test_what_is_due_is_shown_and_who_pays(hall, case_no):
    shown = fee(hall, case_no)
    assert (shown["dueFen"], shown["payer"], shown["paid"]) == (DUE, "applicant", False)
    page = hall.as_().get(f"/window/{case_no}").text
    assert shown["due"] in page
    assert "未缴费" in page
    assert told(hall, case_no)["fee"]["paid"] is False


def test_what_costs_nothing_has_no_fee(hall):
    case_no = hall.started(case_body(FREE))
    assert fee(hall, case_no) is None
    assert told(hall, case_no)["fee"] is None
    assert mark(hall, case_no).json()["code"] == "FEE_NONE"


def test_the_mark_says_who_paid_by_which_receipt_and_who_has_seen_it(hall, case_no):
    answer = mark(hall, case_no, payer="unit")
    assert answer.status_code == 200
    shown = answer.json()["fee"]
    assert shown == fee(hall, case_no)
    assert (shown["paid"], shown["payerLabel"], shown["receiptNo"]) == (True, "单位", "50990001")
    assert (shown["markedBy"], shown["markedAt"]) == ("clerk", hall.now.isoformat())
    applicant = told(hall, case_no)["fee"]
    assert (applicant["paid"], applicant["receiptNo"]) == (True, "50990001")
    assert "markedBy" not in applicant
    events = hall.as_().get(f"/api/v1/cases/{case_no}/events").json()["events"]
    (event,) = [e for e in events if e["kind"] == "FEE_PAID"]
    assert (event["actor"], event["data"], event["label"]) == ("clerk", {"fen": DUE, "payer": "unit"}, "已登记缴费")
    with hall.database.read() as session:
        assert b"50990001" not in session.get_one(CaseRow, case_no).dossier


def test_the_same_mark_again_is_one_and_another_is_refused(hall, case_no):
    first = mark(hall, case_no).json()
    assert mark(hall, case_no).json() == first
    again = mark(hall, case_no, receiptNo="50990002")
    assert (again.status_code, again.json()["code"]) == (409, "FEE_PAID")
    assert fee(hall, case_no)["receiptNo"] == "50990001"


@pytest.mark.parametrize("payer", ["applicant", "unit"])
def test_who_pays_himself_has_a_receipt(hall, case_no, payer):
    answer = mark(hall, case_no, payer=payer, receiptNo="")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "receiptNo")


def test_what_the_government_bears_needs_none(hall, case_no):
    assert mark(hall, case_no, payer="government", receiptNo="").status_code == 200
    assert (fee(hall, case_no)["payerLabel"], fee(hall, case_no)["receiptNo"]) == ("政府承担", None)


def test_an_unknown_case(hall):
    assert mark(hall, "500103202611230000999").status_code == 404


def test_paid_with_the_form_is_paid(hall):
    made = case_body(PAYING)
    made["form"] = {"answers": filled(form_of(PAYING))}
    answer = hall.start(made)
    assert answer.status_code == 201, answer.text
    case_no = answer.json()["caseNo"]
    shown = fee(hall, case_no)
    assert (shown["paid"], shown["payer"], shown["receiptNo"], shown["markedBy"]) == (True, "unit", "778", None)
    assert mark(hall, case_no).json()["code"] == "FEE_PAID"


def filled(definition):
    """As little as the generic form asks for."""
    answers = {"fee": {"payer": "unit", "paid": True, "receiptNo": "778"}}
    values = {field.key: example(field) for field in definition.fields if field.required and field.when is None}
    return answers | ({"values": values} if values else {})


def example(field):
    return field.options[0] if field.options else "渝中区政务大厅"


def decide(hall, case_no, said):
    with hall.database.write() as session:
        return hall.context.inbox.take(session, said, raw=b"raw", now=hall.now)


def approved(case_no, amount_fen):
    paper = ResultPaper(name="报销核定单", form=ResultForm.ELECTRONIC, document_no="8号", amount_fen=amount_fen)
    return message(WireEvent.APPROVED, seq=None, handling_no=case_no, payload=EventPayload(result=paper))


@pytest.fixture
def reimbursed(hall):
    case_no = hall.started(case_body(FREE))
    with hall.database.write() as session:
        row = session.get_one(HandlingRow, case_no)
        row.progress = row.progress.model_copy(update={"state": WireState.UNDER_REVIEW})
    decide(hall, case_no, approved(case_no, 1_234_050))
    return case_no


def test_a_result_that_is_money_is_told_with_its_sum(hall, reimbursed):
    case = hall.as_().get(f"/api/v1/cases/{reimbursed}").json()
    assert case["said"][-1]["result"]["amount"] == "12,340.50元"
    assert told(hall, reimbursed)["said"][-1]["result"]["amount"] == "12,340.50元"
    assert "核定金额：<strong>12,340.50元</strong>" in hall.as_().get(f"/window/{reimbursed}").text


def test_the_sum_is_kept_sealed_only(hall, reimbursed):
    with hall.database.read() as session:
        assert "amount_fen" not in session.get_one(HandlingRow, reimbursed).result
    assert hall.as_(Role.OPERATOR).get(f"/api/v1/cases/{reimbursed}").status_code == 403
