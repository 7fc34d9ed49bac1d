"""The record of a case: 30 lines at most, nothing left out, each word and each wait where it belongs."""

import re
from datetime import UTC, datetime, timedelta

from domain.messages import DeadlineKind
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role
from domain.wire import WireState
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.tasks.rows import open_task
from web.views.record import MOST, record_of
from web.views.waits import Period, Wait, bars

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
NO = "500103202611230000011"


def an_event(kind, hours, actor="workflow", no=NO, /, **data):
    at = (MONDAY + timedelta(hours=hours)).isoformat()
    return {"kind": kind, "label": kind, "handlingNo": no, "at": at, "actor": actor, "data": data}


def a_word(event, hours, took_effect=True, org=None):
    at = (MONDAY + timedelta(hours=hours)).isoformat()
    return {"handlingNo": NO, "event": event, "label": event, "at": at, "tookEffect": took_effect, "org": org}


def record(events, said=(), waits=(), **more):
    known = {"places": {}, "names": {NO: "锦江区医保部门"}, "reasons": {}} | more
    return record_of(events, said, waits, **known)


def whats(lines):
    return [line.what for line in lines]


def test_attempts_and_reminders_stand_under_what_they_belong_to():
    leg = {"leg": "PICKUP", "legId": "L1"}
    found = record(
        [
            an_event("LEG_BOOKED", 0, **leg),
            an_event("COLLECTED", 1),
            an_event("ATTEMPT_FAILED", 2, **leg),
            an_event("CLOCK_STARTED", 3),
        ]
    )
    assert whats(found.first) == ["上门取件：LEG_BOOKED", "COLLECTED"]
    assert whats(found.first[0].folded) == ["上门取件：ATTEMPT_FAILED"]
    assert whats(found.first[1].folded) == ["CLOCK_STARTED"]


def test_the_same_once_more_is_folded_but_not_an_authority_s_word():
    found = record([an_event("PAPER_COUNTED", n, said=1, counted=n) for n in range(3)])
    assert [line.why for line in (found.first[0], *found.first[0].folded)] == [
        f"应有 1 份，清点 {n} 份" for n in range(3)
    ]
    assert len(record([an_event("REVIEWING", n) for n in range(3)]).first) == 3
    legs = [an_event("LEG_BOOKED", n, leg="DELIVERY", legId=f"L{n}") for n in range(2)]
    assert len(record(legs).first) == 2


def test_thirty_lines_are_shown_and_the_rest_is_folded_in_its_place():
    found = record([an_event(f"K{n}", n) for n in range(45)])
    assert [len(found.first), len(found.between), len(found.latest)] == [1, 15, MOST - 1]
    assert whats([*found.first, *found.between, *found.latest]) == [f"K{n}" for n in range(45)]
    assert record([an_event(f"K{n}", n) for n in range(MOST)]).between == []


def test_what_an_authority_said_stands_at_its_step_with_its_own_name():
    words = [a_word("RECEIVED", 1), a_word("NOT_ACCEPTED", 2, org="锦江区医保局"), a_word("REJECTED", 3, False)]
    found = record([an_event("RECEIVED", 1), an_event("NOT_ACCEPTED", 2)], words)
    assert [(line.who, line.said is words[n]) for n, line in enumerate(found.first)] == [
        ("锦江区医保部门", True), ("锦江区医保局", True), ("锦江区医保部门", True),
    ]  # fmt: skip
    assert found.first[2].tone == "late"  # it did not take effect, and stays to be read


def test_a_word_of_another_step_is_a_line_of_its_own():
    found = record([an_event("RECEIVED", 1)], [a_word("ACCEPTED", 2)])
    assert whats(found.first) == ["收件", "ACCEPTED"]


def test_a_decision_of_a_person_says_what_and_why():
    event = an_event("TASK_RESOLVED", 2, "supervisor", kind="CONTRADICTION", outcome="resume")
    found = record([an_event("RECEIVED", 1), event], reasons={event["at"]: "已电话核实"})
    (decided,) = found.first[0].folded
    assert (decided.who, decided.why) == ("supervisor", "对方前后结论矛盾：核实无误，继续办理：已电话核实")


def test_a_wait_stands_at_the_line_after_which_it_began():
    begun = MONDAY + timedelta(hours=1)
    wait = Wait(start_at=begun, handling_no=NO, words="等申请人", share=100, late=False)
    found = record(
        [an_event("RECEIVED", 0), an_event("NEED_SUPPLEMENT", 1), an_event("X", 1, "workflow", "other")], (), [wait]
    )
    assert [len(line.waits) for line in found.first] == [0, 1, 0]
    assert found.first[1].tone == "wait"


def day(number):
    return MONDAY + timedelta(days=number)


def test_bars_say_how_long_and_whether_it_was_too_long():
    periods = [Period(day(2), None, day(3), NO, "等申请人补正材料"), Period(day(0), day(2), day(5), NO, "等办理地受理")]
    drawn = bars(periods, day(6), 3_600)
    assert [(one.words, one.share, one.late) for one in drawn] == [
        ("等办理地受理 2 天", 50, False),
        ("等申请人补正材料，已 4 天", 100, True),
    ]
    assert bars([Period(day(0), day(0.01), None, NO, "")], day(6), 3_600) == []


def test_the_two_limits_of_one_decision_are_one_wait(hall):
    case_no = hall.started()
    with hall.database.write() as session:
        for kind, days in (("DECISION_PROMISED", 5), ("DECISION_STATUTORY", 20)):
            times = {"start_at": hall.now, "warn_at": hall.now, "due_at": hall.now + timedelta(days=days)}
            of = {"case_no": case_no, "handling_no": case_no, "kind": kind, "key": kind, "responsible": "authority"}
            session.add(DeadlineRow(**of, **times))
        session.get_one(CaseRow, case_no).status = CaseStatus.ACCEPTED
    hall.now += timedelta(days=2)
    page = hall.as_().get(f"/window/{case_no}").text
    assert page.count("等办理地办结，已 2 天") == 1


def test_every_clock_has_words_for_what_is_waited_for(hall):
    case_no = hall.started()
    with hall.database.write() as session:
        for days, kind in enumerate(DeadlineKind):
            begun = hall.now + timedelta(days=days)
            times = {"start_at": begun, "warn_at": begun, "due_at": begun, "stopped_at": begun + timedelta(days=1)}
            of = {"case_no": case_no, "handling_no": case_no, "kind": kind, "key": kind, "responsible": "applicant"}
            session.add(DeadlineRow(**of, **times))
    page = hall.as_().get(f"/window/{case_no}").text
    assert len(re.findall("等申请人.{2,9} 1 天", page)) == len(DeadlineKind)


def test_what_a_person_had_to_decide_is_a_wait_too(hall):
    case_no = hall.started()
    with hall.database.write() as session:
        task = {"case_no": case_no, "handling_no": case_no, "now": hall.now}
        decided = open_task(session, key="c", kind=TaskKind.CONTRADICTION, **task)
        open_task(session, key="w", kind=TaskKind.DEADLINE_WARNING, **task)
    hall.now += timedelta(days=2)
    assert "等督办决定：对方前后结论矛盾，已 2 天" in hall.as_().get(f"/window/{case_no}").text
    said = {"outcome": "resume", "reason": "已电话核实"}
    assert hall.as_(Role.SUPERVISOR).post(f"/api/v1/tasks/{decided}/resolve", json=said).status_code == 200
    page = hall.as_().get(f"/window/{case_no}").text
    assert "等督办决定：对方前后结论矛盾 2 天" in page and "核实无误，继续办理：已电话核实" in page
    assert "等窗口决定" not in page
    assert "已电话核实" not in hall.as_(Role.OPERATOR).get(f"/window/{case_no}").text


def test_a_withdrawal_says_why_to_those_who_read_words(hall):
    case_no = hall.started()
    asked = {"json": {"reason": "改在户籍地办理"}, "headers": {"Idempotency-Key": "why-withdrawn"}}
    assert hall.as_().post(f"/api/v1/cases/{case_no}/withdraw", **asked).status_code == 202
    assert "改在户籍地办理" in hall.as_().get(f"/window/{case_no}").text
    assert "改在户籍地办理" not in hall.as_(Role.OPERATOR).get(f"/window/{case_no}").text


def test_what_came_with_a_supplement_is_listed_with_its_file(hall):
    case_no = hall.started()
    with hall.database.write() as session:
        row = session.get_one(HandlingRow, case_no)
        row.progress = row.progress.model_copy(update={"state": WireState.AWAITING_SUPPLEMENT, "round": 1})
    sha256 = hall.uploaded()
    brought = [{"seq": 99, "provided": "electronic", "pages": 1, "sha256": sha256}]
    asked = {"json": {"round": 1, "materials": brought}, "headers": {"Idempotency-Key": "more-papers"}}
    answer = hall.as_().post(f"/api/v1/cases/{case_no}/supplements", **asked)
    assert answer.status_code == 202, answer.text
    page = hall.as_().get(f"/window/{case_no}").text
    assert "第 1 次补正" in page and f"/api/v1/documents/{sha256}?caseNo={case_no}" in page
    assert hall.as_().get(f"/api/v1/documents/{sha256}?caseNo={case_no}").status_code == 200


def test_each_role_reads_what_is_its_own(hall):
    case_no = hall.started()
    pages = {role: hall.as_(role).get(f"/window/{case_no}").text for role in (Role.CLERK, Role.AUDITOR)}
    assert ["申请撤回" in page for page in pages.values()] == [True, False]
    assert ["拨打电话" in page for page in pages.values()] == [True, False]
    assert "在 Temporal 中打开" not in "".join(pages.values())


def test_who_runs_the_system_follows_a_stuck_case_without_reading_it(hall):
    case_no = hall.started()
    with hall.database.write() as session:
        open_task(session, case_no=case_no, handling_no=case_no, key="b", kind=TaskKind.CASE_BROKEN, now=hall.now)
    operator = hall.as_(Role.OPERATOR)
    assert "在 Temporal 中打开" in operator.get("/status").text
    assert operator.get(f"/window/{case_no}").status_code == 403


def test_a_case_on_hold_has_a_page(hall):
    case_no = hall.started()
    with hall.database.write() as session:
        session.get_one(CaseRow, case_no).on_hold = True
    assert "<h1>办件暂停，等人工核实。</h1>" in hall.as_().get(f"/window/{case_no}").text
