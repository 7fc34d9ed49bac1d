"""What applicants read is plain: who does what until when, in words of every day, and never a code."""

import re
from datetime import timedelta

import pytest

from domain.messages import DeadlineKind, Responsible
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage
from logistics.promise import OfferObstacle
from logistics.wording import FailureReason, matter_sentence, no_promise_sentence, stage_sentence
from storage.cases.rows import CaseRow, DeadlineRow
from tests.unit.web.hall import MONDAY
from web.views.next_steps import BY, LATE, LATE_YOURS, TO_AGREE, WITHOUT_CLOCK, day_said, then_sentence
from web.views.sentences import STATUS, Way

WHO = ("您", "办理地", "大厅", "窗口", "工作人员", "邮政", "投递员", "网点", "我们", "另一步", "四川")
JARGON = re.compile(r"转递|裁定|容缺|补正|属地|流程|环节|节点|异常|流转|核实中|待处理|系统|单据|[A-Za-z_]")
SENTENCES = {
    **{f"status {status}": said for status, said in STATUS.items()},
    **{f"way {way.name}": way.value for way in Way},
    **{f"by {kind}": said.format(who="办理地", day="12月9日（周三）") for kind, said in BY.items()},
    **{f"then {status}": said for status, said in WITHOUT_CLOCK.items() if said},
    "late": LATE.format(who="办理地", day="12月9日（周三）"),
    "late yours": LATE_YOURS.format(day="12月9日（周三）"),
    "to agree": TO_AGREE.format(day="12月9日（周三）"),
}


@pytest.mark.parametrize("said", SENTENCES.values(), ids=SENTENCES)
def test_a_sentence_is_short_says_who_and_knows_no_jargon(said):
    assert said.endswith("。") and len(said) <= 70
    assert any(who in said for who in WHO), f"nobody acts in: {said}"
    assert JARGON.search(said) is None


@pytest.mark.parametrize("kind", DeadlineKind)
def test_every_clock_says_until_when(kind):
    assert "{day}" in BY[kind]


@pytest.mark.parametrize("leg", Leg)
@pytest.mark.parametrize("stage", ParcelStage)
def test_a_parcels_sentence_knows_no_jargon(leg, stage):
    for failure in (None, *FailureReason):
        assert JARGON.search(stage_sentence(leg, stage, failure)) is None


def test_what_is_wrong_says_who_acts():
    said = [matter_sentence([kind]) for kind in TaskKind] + [no_promise_sentence(one) for one in OfferObstacle]
    assert all(any(who in one for who in WHO) and JARGON.search(one) is None for one in said if one)


def case(status=CaseStatus.ACCEPTED, **more):
    return CaseRow(status=status, on_hold=False, closed_at=None, withdrawal_pending=False, **more)


def clock(kind, who, days, handling_no="h"):
    return DeadlineRow(kind=kind, responsible=who, due_at=MONDAY + timedelta(days=days), handling_no=handling_no)


def test_what_the_applicant_must_do_goes_before_what_others_do():
    others = clock(DeadlineKind.ACCEPTANCE, Responsible.AUTHORITY, 1)
    mine = clock(DeadlineKind.COLLECTION, Responsible.APPLICANT, 9)
    said = then_sentence(case(), [others, mine], {}, MONDAY)
    assert said == "请您最迟12月2日（周三）带身份证件到大厅领取。"
    assert then_sentence(case(), [others], {"h": "成都市锦江区"}, MONDAY).startswith(
        "成都市锦江区最迟11月24日（周二）告诉您"
    )


def test_what_is_late_is_owned_up_to():
    theirs = clock(DeadlineKind.DECISION_PROMISED, Responsible.AUTHORITY, -2)
    assert then_sentence(case(), [theirs], {}, MONDAY).startswith("办理地原定11月21日（周六）前办好，现在晚了")
    mine = clock(DeadlineKind.SUPPLEMENT_REPLY, Responsible.APPLICANT, -2)
    assert "请您尽快联系大厅" in then_sentence(case(), [mine], {}, MONDAY)


def test_a_paper_that_nobody_has_asked_for_yet_is_first_talked_about():
    short = clock(DeadlineKind.MISSING_PAPER, Responsible.WINDOW, 2)
    assert then_sentence(case(), [short], {}, MONDAY) == "大厅最迟11月25日（周三）打电话与您商定缺的材料怎么办。"


def test_on_hold_and_over_nothing_is_asked_of_anybody():
    assert "不用做什么" in then_sentence(_held(), [], {}, MONDAY)
    over = case(CaseStatus.APPROVED)
    over.closed_at = MONDAY
    assert then_sentence(over, [], {}, MONDAY) == "没有要您再办的事了。"
    assert "下载" in then_sentence(over, [], {}, MONDAY, to_fetch=True)


def _held():
    held = case()
    held.on_hold = True
    return held


def test_today_is_called_today():
    assert day_said(MONDAY + timedelta(hours=3), MONDAY) == "今天（11月23日）"
