"""The law's clocks beside a decision: running, paused by a special procedure, kept, missed, not begun."""

from datetime import timedelta

import pytest

from domain.messages import DeadlineKind
from domain.terms import CaseStatus, Role
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from tests.unit.web.hall import MONDAY, an_item, case_body
from web.views.officer_clocks import clocks_shown, running_first

K = DeadlineKind


@pytest.fixture
def case_no(hall):
    item = an_item(lambda i: i.applicant.value != "enterprise" and "quanyu" in i.schemes and i.promised_days > 0)
    return hall.started(case_body(item, region="500112"))


def runs(hall, case_no, kind, *, days, stopped_after=None):
    stopped_at = MONDAY + timedelta(days=stopped_after) if stopped_after is not None else None
    with hall.database.write() as session:
        session.add(
            DeadlineRow(
                case_no=case_no, handling_no=case_no, key=f"1/{kind}", kind=kind, start_at=MONDAY, warn_at=MONDAY,
                due_at=MONDAY + timedelta(days=days), responsible="authority", stopped_at=stopped_at,
            )
        )  # fmt: skip


def shown(hall, case_no, status=None):
    with hall.database.write() as session:
        handling = session.get_one(HandlingRow, case_no)
        handling.status = status or handling.status
        clocks = clocks_shown(session, hall.context, session.get_one(CaseRow, case_no), handling)
    return {clock["kind"]: clock for clock in clocks}, running_first(clocks)


def test_a_clock_that_runs_says_working_days_and_its_law(hall, case_no):
    runs(hall, case_no, K.ACCEPTANCE, days=7)
    clocks, soonest = shown(hall, case_no)
    assert clocks[K.ACCEPTANCE]["workdaysLeft"] == 5
    assert "第三十二条" in clocks[K.ACCEPTANCE]["basis"]
    assert soonest == clocks[K.ACCEPTANCE]
    assert "受理后起算" in clocks[K.DECISION_STATUTORY]["state"]


def test_a_special_procedure_pauses_the_decision_s_clocks(hall, case_no):
    runs(hall, case_no, K.ACCEPTANCE, days=7, stopped_after=1)
    runs(hall, case_no, K.DECISION_STATUTORY, days=20, stopped_after=3)
    runs(hall, case_no, K.SUSPENSION, days=40)
    clocks, soonest = shown(hall, case_no, CaseStatus.SUSPENDED)
    assert clocks[K.DECISION_STATUTORY]["state"] == "暂停：特别程序期间不计时限"
    assert clocks[K.ACCEPTANCE]["state"] == "期限内已办"
    assert soonest["kind"] == K.SUSPENSION


def test_papers_that_are_awaited_stop_the_clocks_and_lateness_stays(hall, case_no):
    runs(hall, case_no, K.ACCEPTANCE, days=7, stopped_after=9)
    clocks, soonest = shown(hall, case_no, CaseStatus.SUPPLEMENT_REQUIRED)
    assert "等申请人补正" in clocks[K.ACCEPTANCE]["state"]
    assert soonest is None
    clocks, _ = shown(hall, case_no, CaseStatus.ACCEPTED)
    assert (clocks[K.ACCEPTANCE]["state"], clocks[K.ACCEPTANCE]["tone"]) == ("超期后才办", "late")


def test_a_joint_step_is_shown_among_the_others(hall):
    from tests.unit.web.test_joint import IN, moving

    steps = moving(hall, IN | {"region": "500112"}, {"region": "440103", "role": "迁出地"})["handlings"]
    page = hall.as_(Role.OFFICER).get(f"/officer/{steps[0]['handlingNo']}")
    assert page.status_code == 200
    assert "联办" in page.text and "迁出" in page.text and "等前一步办成" in page.text
