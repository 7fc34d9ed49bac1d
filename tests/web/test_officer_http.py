"""The officer's queue and decisions over HTTP: order, filters, who has what, two people for a refusal, papers shown."""

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from domain.terms import Role
from domain.units import FIRST_UNIT
from domain.wire import after_submit
from storage.cases.holdings import HoldingRow
from storage.cases.proposals import ProposalRow
from storage.documents.accesses import DocumentAccessRow
from storage.people.passwords import hashed
from storage.people.users import put_user
from tests.web.ofd_made import ofd
from tests.web.office import ITEM, MATERIALS, open_office
from tests.web.scans_made import pdf, photograph

OTHER = "officer-2"
REFUSAL = {"event": "NOT_ACCEPTED", "payload": {"reason": "不在本区", "legalBasis": "办事指南“受理条件”"}}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Where two officers decide a refusal."""
    with patch.dict("os.environ", {"FOUR_EYES": "NOT_ACCEPTED,REJECTED"}):
        office = open_office(tmp_path_factory.mktemp("desk"))
    with office.database.write() as session:
        put_user(session, OTHER, Role.OFFICER, hashed("demo"), FIRST_UNIT[Role.OFFICER])
    answer = office.call("POST", "/api/v1/login", body={"username": OTHER, "password": "demo"})
    office.tokens[OTHER] = answer.json()["token"]
    yield office
    office.database.close()


def post(office, no, what, who="officer", body=None, **more):
    return office.call("POST", f"/api/v1/handlings/{no}/{what}", who, body if body is not None else {}, **more)


def decide(office, no, event, who="officer", key=None, **payload):
    return post(office, no, "decisions", who, {"event": event, "payload": payload}, key=key)


def line(office, no):
    listed = office.call("GET", "/api/v1/handlings?size=500", "officer").json()["handlings"]
    return next((one for one in listed if one["handlingNo"] == no), None)


def shown(office, query="", who="officer"):
    """The numbers on the queue's page, in their order."""
    page = office.call("GET", f"/officer{query}", who)
    assert page.status_code == 200, page.text
    return re.findall(r'data-handling="(\w+)"', page.text)


def heading(office, path="/officer", who="officer"):
    return re.search(r"<h1>(.*?)</h1>", office.call("GET", path, who).text)[1]


def due(office, no, **later):
    office.change(no, lambda row: setattr(row, "legal_due_at", datetime.now(UTC) + timedelta(**later)))


def test_the_queue_is_in_the_order_of_the_law_s_deadlines(office):
    assert heading(office) == "没有等待审批的办件"
    none, far, late, near = (office.submitted(number) for number in range(11, 15))
    due(office, far, days=9)
    due(office, near, days=1)
    due(office, late, days=-2)
    assert [no for no in shown(office) if no in (none, far, late, near)] == [late, near, far, none]
    listed = [one["handlingNo"] for one in office.call("GET", "/api/v1/handlings", "officer").json()["handlings"]]
    assert [no for no in listed if no in (none, far, late, near)] == [late, near, far, none]
    assert heading(office) == "1 件已超过法定期限"
    assert shown(office, "?state=late") == [late]
    assert "已超期 2 天" in office.call("GET", "/officer", "officer").text


def test_the_queue_is_chosen_by_item_state_and_holder(office):
    first, other = office.submitted(21), office.submitted(22, item=MATERIALS)
    assert shown(office, f"?item={MATERIALS}") == [other]
    assert other not in shown(office, f"?item={ITEM}")
    assert decide(office, other, "ACCEPTED").status_code == 202
    assert other in shown(office, "?state=review")
    assert first not in shown(office, "?state=review")
    assert first in shown(office, "?state=acceptance&who=nobody")
    assert shown(office, f"?who=me&item={MATERIALS}") == [other]
    assert shown(office, "?who=somebody-else") == []
    assert first in shown(office, "?state=no-such-state")


def test_who_decides_has_it_and_a_colleague_takes_it_over_with_a_reason(desk):
    no = desk.submitted(31)
    assert post(desk, no, "take").json() == {"handlingNo": no, "heldBy": "officer"}
    assert post(desk, no, "take").status_code == 200
    assert line(desk, no)["heldBy"] == "officer"
    taken = decide(desk, no, "RECEIVED", OTHER)
    assert (taken.status_code, taken.json()["code"]) == (409, "HELD")
    assert "officer" in taken.json()["detail"]
    assert post(desk, no, "release", OTHER).status_code == 409
    unseen = post(desk, no, "take", OTHER, {"reason": "同事休假"})
    assert (unseen.status_code, unseen.json()["code"]) == (409, "HELD")
    without = post(desk, no, "take", OTHER, {"from": "officer"})
    assert (without.status_code, without.json()["errors"][0]["field"]) == (422, "reason")
    assert post(desk, no, "take", OTHER, {"from": "officer", "reason": "同事休假"}).json()["heldBy"] == OTHER
    assert decide(desk, no, "RECEIVED", OTHER).status_code == 202
    assert post(desk, no, "release", OTHER).json()["heldBy"] is None
    with desk.database.read() as session:
        kept = session.scalars(select(HoldingRow).filter_by(handling_no=no).order_by(HoldingRow.id)).all()
        assert [(row.holder, row.by) for row in kept] == [("officer", "officer"), (OTHER, OTHER), (None, OTHER)]
        assert "休假".encode() not in kept[1].reason
    assert "同事休假" in desk.call("GET", f"/officer/{no}", "officer").text


def test_what_came_in_between_says_who_and_what(office):
    no = office.submitted(41)
    assert decide(office, no, "ACCEPTED").status_code == 202
    stale = post(office, no, "decisions", body={"event": "REVIEWING", "payload": {}, "seen": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "TRANSITION")
    assert re.search(r"officer已于.*作出“受理”", stale.json()["detail"])
    again = decide(office, no, "RECEIVED")
    assert "作出“受理”" in again.json()["detail"]
    assert post(office, no, "decisions", body={"event": "REVIEWING", "payload": {}, "seen": 1}).status_code == 202


def test_a_decision_sent_twice_counts_once_whatever_has_come_since(office):
    no = office.submitted(42)
    body = {"event": "ACCEPTED", "payload": {}, "seen": 0}
    first, second = (post(office, no, "decisions", body=body, key="accepted-42") for _ in range(2))
    assert first.json() == second.json()
    assert line(office, no)["eventCount"] == 1


def test_a_refusal_is_proposed_by_one_and_confirmed_by_another(desk):
    no = desk.submitted(51)
    said = post(desk, no, "decisions", body=REFUSAL, key="refusal-51").json()
    assert said["proposalId"] is not None
    assert post(desk, no, "decisions", body=REFUSAL, key="refusal-51").json() == said
    other = REFUSAL | {"payload": REFUSAL["payload"] | {"reason": "别的"}}
    assert post(desk, no, "decisions", body=other, key="refusal-51").json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    waiting = line(desk, no)
    assert waiting["proposal"]["by"] == "officer"
    assert waiting["eventCount"] == 0
    assert no in shown(desk, "?state=second")
    path = f"proposals/{said['proposalId']}"
    own = post(desk, no, f"{path}/confirm")
    assert (own.status_code, own.json()["code"]) == (409, "SAME_OFFICER")
    assert decide(desk, no, "ACCEPTED").json()["code"] == "PROPOSAL_OPEN"
    confirmed = post(desk, no, f"{path}/confirm", OTHER)
    assert (confirmed.status_code, confirmed.json()["outcome"]) == (202, "confirmed")
    assert post(desk, no, f"{path}/confirm", OTHER).json() == confirmed.json()
    assert line(desk, no) is None  # decided
    late = post(desk, no, f"{path}/return", body={"reason": "还是不对"})
    assert (late.status_code, late.json()["code"]) == (409, "PROPOSAL_ENDED")
    with desk.database.read() as session:
        row = session.get(ProposalRow, said["proposalId"])
        assert "本区".encode() not in row.content
    assert "拟“不予受理”" in desk.call("GET", f"/officer/{no}", "officer").text


def test_a_proposal_goes_back_with_a_reason_and_may_be_made_again(desk):
    no = desk.submitted(52)
    first = post(desk, no, "decisions", body=REFUSAL).json()["proposalId"]
    back = post(desk, no, f"proposals/{first}/return", OTHER, {"reason": "依据写错了"})
    assert back.json()["outcome"] == "returned"
    page = desk.call("GET", f"/officer/{no}", "officer").text
    assert "复核退回：不予受理" in page and "依据写错了" in page
    assert line(desk, no)["proposal"] is None
    second = post(desk, no, "decisions", body=REFUSAL).json()["proposalId"]
    assert post(desk, no, f"proposals/{second}/return", body={"reason": "我再看看"}).json()["outcome"] == "recalled"
    assert "复核退回：不予受理" not in desk.call("GET", f"/officer/{no}", "officer").text
    assert decide(desk, no, "ACCEPTED").json()["proposalId"] is None
    assert post(desk, no, f"proposals/{second}/confirm", OTHER).status_code == 409
    elsewhere = desk.submitted(53)
    assert post(desk, elsewhere, f"proposals/{second}/confirm", OTHER).json()["code"] == "PROPOSAL_UNKNOWN"


def test_a_proposal_that_can_t_be_said_any_more_is_void(desk):
    no = desk.submitted(54)
    proposed = post(desk, no, "decisions", body=REFUSAL).json()["proposalId"]

    def moved(row):
        row.wire_state = "SUSPENDED"

    desk.change(no, moved)
    void = post(desk, no, f"proposals/{proposed}/confirm", OTHER)
    assert (void.status_code, void.json()["code"]) == (409, "TRANSITION")
    assert line(desk, no)["proposal"] is None
    desk.change(no, lambda row: setattr(row, "progress", after_submit(row.progress)))


def test_what_may_not_follow_is_not_proposed_either(desk):
    no = desk.submitted(55)
    rejected = {"reason": "不符合条件", "legalBasis": "办事指南"}
    assert decide(desk, no, "REJECTED", **rejected).json()["code"] == "TRANSITION"
    assert line(desk, no)["proposal"] is None
    assert line(desk, no)["heldBy"] is None


def test_where_nobody_else_is_there_one_officer_decides(office):
    no = office.submitted(56)
    assert post(office, no, "decisions", body=REFUSAL).json()["proposalId"] is None


def test_the_load_of_each_officer_stands_beside_the_queue(desk):
    no = desk.submitted(61)
    post(desk, no, "take", OTHER)
    due(desk, no, days=-1)
    page = desk.call("GET", "/officer", "officer").text
    row = re.search(rf">{OTHER}</a></th><td>(\d+)</td><td[^>]*>(\d+)</td>", page)
    assert int(row[1]) >= 1
    assert int(row[2]) == 1
    assert no in shown(desk, f"?who={OTHER}")


def with_file(office, number, data):
    """A case of which one paper has this file; the number of its handling and the name of the file."""
    sha256 = office.uploaded(data=data)
    no = office.submitted(number)
    with office.database.write() as session:
        from storage.documents.uploads import bind

        bind(session, no, [sha256], datetime.now(UTC))
    return no, sha256


def test_papers_are_read_page_by_page_and_each_reading_is_on_record_once(office):
    no, sha256 = with_file(office, 71, pdf(3))
    path = f"/api/v1/documents/{sha256}/pages"
    assert office.call("GET", f"{path}?caseNo={no}", "officer").json()["pages"] == 3
    pages = [office.call("GET", f"{path}/{page}?caseNo={no}&width=400", "officer") for page in (1, 2, 3, 1)]
    assert {page.headers["content-type"] for page in pages} == {"image/png"}
    assert pages[0].content == pages[3].content != pages[1].content
    assert office.call("GET", f"{path}/4?caseNo={no}", "officer").json()["code"] == "PAGE_UNKNOWN"
    readings = office.call("GET", f"/api/v1/cases/{no}/readings", "auditor").json()["readings"]
    assert [(one["reader"], one["sha256"]) for one in readings] == [("officer", sha256)]
    office.call("GET", f"{path}/1?caseNo={no}", "clerk")
    readings = office.call("GET", f"/api/v1/cases/{no}/readings", "auditor").json()["readings"]
    assert [one["reader"] for one in readings] == ["officer", "clerk"]


def test_pictures_and_ofd_are_shown_too(office):
    no, sha256 = with_file(office, 72, photograph())
    page = office.call("GET", f"/api/v1/documents/{sha256}/pages/1?caseNo={no}", "officer")
    assert page.headers["content-type"] == "image/jpeg"
    no, sha256 = with_file(office, 73, ofd(sealed=True))
    told = office.call("GET", f"/api/v1/documents/{sha256}/pages?caseNo={no}", "officer").json()
    assert told["pages"] == 2
    assert "电子印章" in told["note"]
    page = office.call("GET", f"/api/v1/documents/{sha256}/pages/1?caseNo={no}", "officer")
    assert page.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in page.headers["content-security-policy"]
    assert "婚姻登记" in page.text


def test_papers_of_another_case_and_strangers_papers_are_not_shown(office):
    _, sha256 = with_file(office, 74, pdf(1))
    other = office.submitted(75)
    with office.database.read() as session:
        before = session.scalar(select(func.count()).select_from(DocumentAccessRow))
    for path in (f"{sha256}/pages?caseNo={other}", f"{sha256}/pages/1?caseNo={other}", f"{'0' * 64}/pages"):
        assert office.call("GET", f"/api/v1/documents/{path}", "officer").json()["code"] == "DOCUMENT_UNKNOWN"
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DocumentAccessRow)) == before


def test_a_damaged_file_says_that_it_can_be_downloaded(office):
    no, sha256 = with_file(office, 76, b"%PDF-1.4 broken")
    answer = office.call("GET", f"/api/v1/documents/{sha256}/pages?caseNo={no}", "officer")
    assert (answer.status_code, answer.json()["code"]) == (422, "DOCUMENT_UNREADABLE")
    assert "下载" in answer.json()["detail"]


def test_the_page_of_a_handling_has_what_a_decision_needs(office):
    no = office.submitted(81)
    page = office.call("GET", f"/officer/{no}", "officer").text
    for words in ("等受理", "受理期限", "行政许可法第三十二条", "失业登记", "认领", "不予受理"):
        assert words in page, words
    assert 'data-decide="NOT_ACCEPTED"' in page
    assert 'data-decide="APPROVED"' not in page  # only after acceptance
    assert office.call("GET", "/officer/500103209911230000010", "officer").status_code == 404
    abroad = office.start(82)["caseNo"]
    assert office.call("GET", f"/officer/{abroad}", "officer").status_code == 404  # decided elsewhere


def test_a_letter_is_read_before_it_is_sent(office):
    no = office.submitted(83)
    before = office.rows()
    letter = office.call("POST", f"/officer/{no}/letter", "officer", REFUSAL).text
    for words in ("不予受理决定书", "不在本区", "办事指南", "行政复议"):
        assert words in letter
    asked = {
        "event": "NEED_SUPPLEMENT",
        "payload": {"reason": "看不清", "materials": ["户口簿"], "deadlineWorkdays": 5},
    }
    assert "周婷" not in letter
    assert "1. 户口簿" in office.call("POST", f"/officer/{no}/letter", "officer", asked).text
    gap = office.call("POST", f"/officer/{no}/letter", "officer", {"event": "NOT_ACCEPTED", "payload": {}})
    assert gap.json()["errors"][0]["field"] == "payload.reason"
    assert office.rows() == before
