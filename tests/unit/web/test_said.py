"""What an authority says reaches whom it concerns: event × field × who, in the hall, for the applicant, in print."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.audience import PAYLOAD, TOLD_TO_APPLICANT
from domain.inbound import EventPayload, InboundMessage, ResultPaper
from domain.messages import DeadlineKind
from domain.named_papers import NamedPaper
from domain.terms import CaseStatus, MaterialForm, Partner, ResultForm, Role, WireEvent
from domain.wire import after_submit
from storage.cases.rows import DeadlineRow, HandlingRow
from storage.exchange.inbox_row import InboxRow
from storage.exchange.papers_back import papers_said_back
from tests.unit.web.hall import an_item, case_body
from tests.unit.web.test_papers import paper, text_of
from web.views.said import payload_words

EVERYTHING = EventPayload(
    round=2,
    reason="参保地不在本区，应向云岩区申请",
    materials=("户口簿首页", "本人页"),
    deadline_workdays=5,
    procedure="专家评审",
    legal_basis="《行政许可法》第三十八条",
    result=ResultPaper(name="准迁证", form=ResultForm.PAPER, document_no="川〔2026〕12号", sha256=None),
    tracking_no="EB123456789CN",
    seal_no="YZ0000001",
    papers=(NamedPaper(name="居民户口簿", form=MaterialForm.ORIGINAL, count=2),),
    kept=(NamedPaper(name="结婚证", form=MaterialForm.COPY, count=1),),
    extended_workdays=10,
    deemed=True,
)
_JSON = {
    "legal_basis": "legalBasis",
    "deadline_workdays": "deadlineWorkdays",
    "tracking_no": "trackingNo",
    "seal_no": "sealNo",
    "extended_workdays": "extendedWorkdays",
}


@pytest.mark.parametrize("event", WireEvent)
@pytest.mark.parametrize("field", sorted(PAYLOAD))
def test_the_applicant_reads_what_concerns_him_and_the_hall_everything(event, field):
    name = _JSON.get(field, field)
    assert payload_words(EVERYTHING)[name]
    told = payload_words(EVERYTHING, TOLD_TO_APPLICANT[event])[name]
    assert (told is not None) == (field in TOLD_TO_APPLICANT[event])


def test_no_field_that_an_event_brings_is_kept_from_the_applicant():
    """The contract's payloads (docs/contracts.md A): what an event carries is about his own matter.

    But for the seal of a parcel between halls, by which they alone see that it was not opened.
    """
    carried = {
        WireEvent.ACCEPTED: {"deemed"},
        WireEvent.NEED_SUPPLEMENT: {"round", "reason", "materials", "papers", "deadline_workdays"},
        WireEvent.REVIEWING: {"extended_workdays", "reason"},
        WireEvent.SUSPENDED: {"procedure", "reason"},
        WireEvent.NOT_ACCEPTED: {"reason", "legal_basis"},
        WireEvent.REJECTED: {"reason", "legal_basis"},
        WireEvent.APPROVED: {"result"},
        WireEvent.RESULT_SENT: {"tracking_no", "papers", "kept"},
    }
    assert {event: set(fields) for event, fields in TOLD_TO_APPLICANT.items() if fields} == carried


def says(hall, case_no, event, seq, **payload):
    said = InboundMessage(
        partner=Partner.SICHUAN,
        message_id=f"evt_{seq:08d}",
        content=f"{event}{seq}".encode(),
        handling_no=case_no,
        partner_no="SC-1",
        event_name=event,
        event=event,
        seq=seq,
        occurred_at=hall.now + timedelta(minutes=seq),
        actor_org="成都市锦江区医疗保障局",
        payload=EventPayload(**payload),
    )
    with hall.database.write() as session:
        return hall.context.inbox.take(session, said, raw=b"{}", now=hall.now)


@pytest.fixture
def case_no(hall):
    number = hall.started()
    with hall.database.write() as session:
        row = session.get_one(HandlingRow, number)
        row.progress = after_submit(row.progress)
    return number


def tracked(hall, case_no):
    return hall.tracked(case_no).json()["said"]


REASON, BASIS = "参保地不在本区，应向云岩区申请", "《社会保险法》第五十八条"


@pytest.mark.parametrize("status", [CaseStatus.NOT_ACCEPTED, CaseStatus.REJECTED])
def test_a_refusal_reaches_clerk_officer_applicant_and_paper(hall, case_no, status):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    if status is CaseStatus.REJECTED:
        says(hall, case_no, WireEvent.ACCEPTED, 2)
    says(hall, case_no, WireEvent[status.name], 3 if status is CaseStatus.REJECTED else 2, reason=REASON,
         legal_basis=BASIS)  # fmt: skip
    hall.record(case_no, status)
    for role in Role:
        answer = hall.as_(role).get(f"/api/v1/cases/{case_no}")
        if answer.status_code in (403, 404):  # an officer's are decided here
            continue
        last = answer.json()["said"][-1]
        assert (last["event"], last["reason"], last["legalBasis"]) == (status.name, REASON, BASIS)
    assert (tracked(hall, case_no)[-1]["reason"], tracked(hall, case_no)[-1]["legalBasis"]) == (REASON, BASIS)
    for page in (hall.as_().get(f"/window/{case_no}").text, found(hall, case_no)):
        assert REASON in page and BASIS in page
    said = text_of(paper(hall, case_no, "decision"))
    title = "不予受理决定书" if status is CaseStatus.NOT_ACCEPTED else "不予许可决定书"
    for words in (title, REASON, BASIS, "成都市锦江区医疗保障局", "六十日内依法申请行政复议", "六个月内"):
        assert words in said, words


def found(hall, case_no):
    return hall.visitor(case_no).get("/track").text


def test_what_is_to_be_supplemented_is_named_on_every_page(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    asked = {"round": 1, "reason": "户口簿不清晰", "materials": ("户口簿首页", "本人页"), "deadline_workdays": 5}
    says(hall, case_no, WireEvent.NEED_SUPPLEMENT, 2, **asked)
    for page in (hall.as_().get(f"/window/{case_no}").text, found(hall, case_no)):
        assert "户口簿不清晰" in page and "户口簿首页、本人页" in page and "5 个工作日" in page
    assert f"/api/v1/cases/{case_no}/papers/notice.pdf" in hall.as_().get(f"/window/{case_no}").text


def test_what_comes_back_and_what_stays_is_named_to_clerk_and_applicant(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    says(hall, case_no, WireEvent.NOT_ACCEPTED, 2, reason=REASON, legal_basis=BASIS)
    sent = {name: getattr(EVERYTHING, name) for name in ("tracking_no", "seal_no", "papers", "kept")}
    says(hall, case_no, WireEvent.RESULT_SENT, 3, **sent)
    for page in (hall.as_().get(f"/window/{case_no}").text, found(hall, case_no)):
        assert "随件退回：居民户口簿（原件2份）" in page and "办理地留存：结婚证（复印件1份）" in page
    assert "YZ0000001" in hall.as_().get(f"/window/{case_no}").text
    assert "YZ0000001" not in found(hall, case_no)
    assert tracked(hall, case_no)[-1]["kept"] == [{"name": "结婚证", "form": "copy", "formLabel": "复印件", "count": 1}]
    with hall.database.read() as session:
        back = papers_said_back(session, hall.context.inbox, case_no)
        assert (back.papers, back.kept, back.seal_no) == (EVERYTHING.papers, EVERYTHING.kept, "YZ0000001")
        row = session.query(InboxRow).filter_by(event_name="RESULT_SENT").one()
        assert "结婚证".encode() not in row.message and "结婚证" not in str(row.update)


def test_before_the_result_is_sent_nothing_is_said_back(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    with hall.database.read() as session:
        assert papers_said_back(session, hall.context.inbox, case_no) is None


def test_the_letter_of_a_supplement_names_the_papers_with_form_and_count(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    asked = {"round": 1, "reason": "户口簿不清晰", "materials": ("居民户口簿",), "deadline_workdays": 5}
    says(hall, case_no, WireEvent.NEED_SUPPLEMENT, 2, **asked, papers=EVERYTHING.papers)
    words = text_of(paper(hall, case_no, "notice"))
    for each in ("告知机关成都市锦江区医疗保障局", "第1次补正", "居民户口簿原件2"):
        assert each in words, each
    for page in (hall.as_().get(f"/window/{case_no}").text, found(hall, case_no)):
        assert "需要的材料：居民户口簿（原件2份）" in page


LONGER = {"extended_workdays": 10, "reason": "案情复杂，需向公安机关核实"}


def test_an_extension_reaches_clerk_and_applicant_with_its_reason_and_new_limit(hall, case_no):
    assert paper(hall, case_no, "extension").json()["code"] == "NO_EXTENSION"
    says(hall, case_no, WireEvent.RECEIVED, 1)
    says(hall, case_no, WireEvent.ACCEPTED, 2)
    says(hall, case_no, WireEvent.REVIEWING, 3)
    link = f"/api/v1/cases/{case_no}/papers/extension.pdf"
    assert link not in hall.as_().get(f"/window/{case_no}").text
    says(hall, case_no, WireEvent.REVIEWING, 4, **LONGER)
    with hall.database.write() as session:
        for n, kind in enumerate((DeadlineKind.DECISION_PROMISED, DeadlineKind.DECISION_STATUTORY), start=20):
            for longer in (0, n):
                due = hall.now + timedelta(days=longer)
                times = {"start_at": hall.now, "warn_at": due, "due_at": due}
                of = {"case_no": case_no, "handling_no": case_no, "kind": kind, "responsible": "authority"}
                session.add(DeadlineRow(key=f"{n}-{longer}", **of, **times))
    words = text_of(paper(hall, case_no, "extension"))
    for each in ("延长办理期限告知书", "成都市锦江区医疗保障局", "10个工作日", LONGER["reason"], "第四十二条",
                 "承诺办理期限至2026年12月13日", "法定办理期限至2026年12月14日"):  # fmt: skip
        assert each in words, each
    assert link in hall.as_().get(f"/window/{case_no}").text
    assert hall.as_(Role.COURIER).get(link).status_code == 403
    for page in (hall.as_().get(f"/window/{case_no}").text, found(hall, case_no)):
        assert "办理期限延长：10 个工作日" in page and LONGER["reason"] in page
    row = hall.as_().get(f"/api/v1/cases/{case_no}").json()["said"][-1]
    assert (row["extendedWorkdays"], row["reason"]) == (10, LONGER["reason"])


def test_the_case_hears_of_the_days_and_not_of_the_reason(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    says(hall, case_no, WireEvent.ACCEPTED, 2)
    says(hall, case_no, WireEvent.REVIEWING, 3, **LONGER)
    with hall.database.read() as session:
        told = session.query(InboxRow).filter_by(seq=3).one().update
    assert told["extended_workdays"] == 10
    assert LONGER["reason"] not in str(told)


def test_our_own_officer_extends_with_a_reason(hall):
    item = an_item(lambda i: i.applicant.value != "enterprise" and "quanyu" in i.schemes)
    case_no = hall.started(case_body(item, region="500112"))
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).wire_state = "UNDER_REVIEW"

    def extend(**payload):
        return hall.as_(Role.OFFICER).post(
            f"/api/v1/handlings/{case_no}/decisions",
            json={"event": "REVIEWING", "payload": payload},
            headers={"Idempotency-Key": uuid4().hex},
        )

    assert extend(extendedWorkdays=10).json()["errors"][0]["field"] == "payload.reason"
    assert extend(extendedWorkdays=0, reason="x").status_code == 422
    assert extend(extendedWorkdays=10, reason=LONGER["reason"]).status_code == 202
    words = text_of(paper(hall, case_no, "extension"))
    assert LONGER["reason"] in words and "办理机关重庆市渝北区" in words
    page = hall.as_(Role.OFFICER).get(f"/officer/{case_no}").text
    assert 'name="payload.extendedWorkdays"' in page


def test_the_form_of_a_supplement_has_exactly_the_papers_that_were_named(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    listed = hall.as_().get(f"/api/v1/cases/{case_no}").json()["materials"][0]
    asked = {"round": 1, "reason": "不清晰", "materials": (listed["name"], "本人页"), "deadline_workdays": 5}
    says(hall, case_no, WireEvent.NEED_SUPPLEMENT, 2, **asked)
    hall.record(case_no, CaseStatus.SUPPLEMENT_REQUIRED)
    page = hall.as_().get(f"/window/{case_no}").text
    form = page[page.index("/supplements") : page.index("提交补正")]
    assert re.findall(r"<legend>([^<]+)</legend>", form) == [listed["name"], "本人页"]
    assert re.findall(r'name="materials.\d.seq" value="(\d+)"', form) == [str(listed["seq"]), "99"]


def test_what_did_not_take_effect_stays_in_the_hall(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    says(hall, case_no, WireEvent.NOT_ACCEPTED, 2, reason=REASON, legal_basis=BASIS)
    says(hall, case_no, WireEvent.REJECTED, 3, reason="第二种说法", legal_basis=BASIS)
    said = hall.as_().get(f"/api/v1/cases/{case_no}").json()["said"]
    assert [(one["event"], one["tookEffect"]) for one in said][-1] == ("REJECTED", False)
    assert "第二种说法" in hall.as_().get(f"/window/{case_no}").text
    assert [one["event"] for one in tracked(hall, case_no)] == ["RECEIVED", "NOT_ACCEPTED"]
    assert "第二种说法" not in found(hall, case_no)


def test_a_case_without_a_refusal_has_no_such_paper(hall, case_no):
    assert paper(hall, case_no, "decision").json()["code"] == "NO_REFUSAL"


def test_every_paper_that_a_page_names_is_there_and_no_other(hall, case_no):
    says(hall, case_no, WireEvent.RECEIVED, 1)
    says(hall, case_no, WireEvent.NOT_ACCEPTED, 2, reason=REASON, legal_basis=BASIS)
    hall.record(case_no, CaseStatus.COLLECTED, "COLLECTED")
    hall.record(case_no, CaseStatus.NOT_ACCEPTED)
    named = hall.as_().get(f"/api/v1/cases/{case_no}").json()["writings"]
    assert [one["kind"] for one in named] == ["receipt", "decision", "delivery", "dossier"]
    assert {hall.as_().get(one["url"]).status_code for one in named} == {200}
    assert paper(hall, case_no, "notice").status_code == 404
