"""The first line of a case's page: every status with what usually goes with it, and nothing that isn't so."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from domain.tasks import RULES, TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage
from web.views.authority_names import authority_name, short_place
from web.views.headline import headline
from web.views.spoken_times import spaced

NOW = datetime(2026, 11, 29, 4, tzinfo=UTC)  # noon in Chongqing
NO, TWO, THREE = "500103202611280002221", "500103202611280002222", "500103202611280002223"
S = CaseStatus
TRAVEL_WORDS = ("路上", "邮政", "投递员", "取件", "寄", "送到", "派送")


def after(days=0.0, hours=0.0):
    return (NOW + timedelta(days=days, hours=hours)).isoformat()


def a_handling(status, no=NO, **more):
    return {
        "handlingNo": no, "region": "450103", "role": None, "step": None, "after": [], "status": status, "round": 0,
        "waitingSince": None, "deemedAcceptedFrom": None, "result": None, "resultTravels": False,
    } | more  # fmt: skip


def a_case(status, *handlings, **more):
    return {
        "status": status, "onHold": False, "withdrawalPending": False, "closedAt": None, "reopenedAt": None,
        "collectedAt": after(-3), "handlings": list(handlings) or [a_handling(status)], "item": {"department": "残联"},
        "deadlines": [], "parcels": [], "tasks": [], "said": [], "materials": [], "stillOwed": [], "writings": [],
        "papers": [], "pickup": False, "delivery": False,
    } | more  # fmt: skip


def a_clock(kind, days, no=NO, hours=0.0):
    return {"kind": kind, "handlingNo": no, "dueAt": after(days, hours)}


def a_parcel(leg, stage, due=None, **more):
    usual = {"leg": leg, "stage": stage, "deadlineAt": due, "outcome": None, "endedAt": None, "handlingNo": NO}
    return usual | more


def a_task(kind):
    return {"id": "t", "kind": kind, "title": RULES[kind][0], "owner": RULES[kind][1]}


def asked(*names, round_=1):
    return {"handlingNo": NO, "event": "NEED_SUPPLEMENT", "materials": list(names), "org": None, "round": round_}


def says(status, **more):
    return headline(a_case(status, **more), NOW)


def test_the_sentence_of_the_design():
    case = a_case(
        S.ACCEPTED,
        deadlines=[a_clock("DECISION_PROMISED", 10), a_clock("DECISION_STATUTORY", 20)],
        parcels=[a_parcel("FORWARD", "IN_TRANSIT", after(1))],
    )
    assert headline(case, NOW) == "南宁青秀区残联已受理，承诺 12 月 9 日前办结。材料在路上，预计明天到。"


@pytest.mark.parametrize(
    ("status", "clocks", "sentence"),
    [
        (S.REGISTERED, [], "已登记，还没有收件。"),
        (S.COLLECTED, [("POSTING", 1)], "材料已收齐，等窗口明天内转给南宁青秀区残联。"),
        (S.COLLECTED, [], "材料已收齐，等窗口转给南宁青秀区残联。"),
        (S.WAITING, [], "正在转给南宁青秀区残联。"),
        (S.SUBMITTED, [], "已转给南宁青秀区残联，等对方收件。"),
        (S.RECEIVED, [("ACCEPTANCE", 4)], "南宁青秀区残联已收件，等对方受理或告知补正，12 月 3 日前。"),
        (S.RECEIVED, [("ACCEPTANCE", -2)], "南宁青秀区残联已收件，等对方受理或告知补正，已超期 2 天。"),
        (S.RECEIVED, [], "南宁青秀区残联已收件，等对方受理。"),
        (S.ACCEPTED, [], "南宁青秀区残联已受理。"),
        (S.ACCEPTED, [("DECISION_STATUTORY", 60)], "南宁青秀区残联已受理，法定 2027 年 1 月 28 日前办结。"),
        (S.ACCEPTED, [("DECISION_PROMISED", -2)], "南宁青秀区残联已受理，承诺 11 月 27 日前办结，已超期 2 天。"),
        (S.SUPPLEMENTED, [("DECISION_PROMISED", 3)], "补正材料已转给南宁青秀区残联，承诺 12 月 2 日前办结。"),
        (S.REVIEWING, [("DECISION_PROMISED", 0.2)], "南宁青秀区残联正在审查，承诺今天 16:48 前办结。"),
        (S.SUSPENDED, [], "南宁青秀区残联正在进行特别程序，期间不计时限。"),
        (S.APPROVED, [], "南宁青秀区残联已准予。"),
        (S.APPROVED, [("COLLECTION", 30)], "南宁青秀区残联已准予，等申请人 12 月 29 日前到大厅领取。"),
        (S.NOT_ACCEPTED, [], "南宁青秀区残联不予受理。"),
        (S.REJECTED, [("COLLECTION", 5)], "南宁青秀区残联不予许可，等申请人 12 月 4 日前到大厅领取。"),
        (S.WITHDRAWN, [], "已按申请人的要求撤回。"),
        (S.FAILED, [], "已由人工终止。"),
        (S.NOT_BEGUN, [], "另一步没有办成，这一步没有开始。"),
    ],
)
def test_every_status_is_an_answer(status, clocks, sentence):
    assert says(status, deadlines=[a_clock(kind, days) for kind, days in clocks]) == sentence


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("closed", [False, True])
def test_where_nothing_travels_nothing_is_said_to_travel(status, closed):
    said = says(status, closedAt=after() if closed else None)
    assert said.endswith("。") and "None" not in said
    assert not [word for word in TRAVEL_WORDS if word in said]
    assert not re.search(r"\d+ 月", said), "no date without a clock"
    assert ("全部办完" in said) is closed


def test_a_supplement_says_how_many_papers_and_until_when():
    need = {"said": [asked("户口簿", "身份证")], "deadlines": [a_clock("SUPPLEMENT_REPLY", 4)]}
    assert says(S.SUPPLEMENT_REQUIRED, **need) == "南宁青秀区残联要求补正 2 份材料，等申请人 12 月 3 日前补齐。"
    assert says(S.SUPPLEMENT_REQUIRED) == "南宁青秀区残联要求补正材料，等申请人补齐。"
    need["deadlines"] = [a_clock("SUPPLEMENT_REPLY", -1)]
    assert says(S.SUPPLEMENT_REQUIRED, **need).endswith("等申请人补齐，已超期 1 天。")
    again = a_case(S.SUPPLEMENT_REQUIRED, a_handling(S.SUPPLEMENT_REQUIRED, round=2), said=[asked("户口簿", round_=2)])
    assert headline(again, NOW).startswith("南宁青秀区残联第 2 次要求补正 1 份材料")


def test_an_authority_is_called_as_it_calls_itself():
    said = {"handlingNo": NO, "event": "ACCEPTED", "org": "南宁市青秀区残疾人联合会", "materials": None}
    assert says(S.ACCEPTED, said=[said]) == "南宁市青秀区残疾人联合会已受理。"
    for other in ("广西壮族自治区政务服务中心", "officer", ""):
        assert says(S.ACCEPTED, said=[said | {"org": other}]) == "南宁青秀区残联已受理。"


def test_silence_that_the_law_takes_for_acceptance():
    case = a_case(S.RECEIVED, a_handling(S.RECEIVED, deemedAcceptedFrom=after(-6)))
    assert headline(case, NOW) == "南宁青秀区残联逾期未告知，11 月 23 日起视为受理。"


def test_a_case_on_hold_says_what_is_to_be_decided_and_by_whom():
    held = {"onHold": True, "tasks": [a_task(TaskKind.DEADLINE_WARNING), a_task(TaskKind.CONTRADICTION)]}
    assert says(S.ACCEPTED, **held) == "办件暂停：对方前后结论矛盾，等督办处理。"
    assert says(S.ACCEPTED, onHold=True) == "办件暂停，等人工核实。"
    away = {"onHold": True, "tasks": [a_task(TaskKind.COLLECT_AT_HALL), a_task(TaskKind.PAPERS_AWAY)]}
    assert says(S.APPROVED, **away) == "办件暂停：有原件没有随结果寄回，等督办处理。"
    short = {"onHold": True, "tasks": [a_task(TaskKind.PAPERS_SHORT)]}
    assert says(S.REGISTERED, **short) == "办件暂停：清点与清单不符，等窗口处理。"


def test_a_withdrawal_waits_for_the_one_who_has_it():
    pending = {"withdrawalPending": True}
    assert says(S.COLLECTED, **pending) == "申请人要求撤回，正在处理。"
    asked_of = pending | {"deadlines": [a_clock("WITHDRAWAL", 2)]}
    assert says(S.ACCEPTED, **asked_of) == "申请人要求撤回，等南宁青秀区残联 12 月 1 日前答复。"


def test_a_partner_that_does_not_answer_is_said():
    case = a_case(S.COLLECTED, a_handling(S.COLLECTED, waitingSince=after(-1)))
    assert headline(case, NOW).endswith("对方系统暂时没有应答，恢复后自动继续。")


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"stillOwed": [3], "deadlines": [a_clock("DEFERRED_MATERIAL", 5)]},
         "，结果等申请人 12 月 4 日前补齐容缺材料后发放。"),
        ({"writings": [{"kind": "result"}]}, "，电子结果可以领取。"),
        ({"parcels": [a_parcel("BACK", "IN_TRANSIT", after(2))]}, "。结果在寄回大厅的路上，预计 12 月 1 日到。"),
        ({"parcels": [a_parcel("BACK", "DELIVERED")]}, "。结果已到大厅，等窗口核对。"),
        ({"parcels": [a_parcel("DELIVERY", "OUT_FOR_DELIVERY", after(hours=1))]},
         "。投递员正上门送结果，承诺今天 13:00 前到。"),
        ({"parcels": [a_parcel("DELIVERY", "DELIVERY_FAILED")]}, "。结果上门没有送到，再次安排。"),
    ],
)  # fmt: skip
def test_what_an_approved_case_still_waits_for(more, ending):
    assert says(S.APPROVED, **more) == f"南宁青秀区残联已准予{ending}"


def test_a_result_that_is_still_to_be_sent():
    waits = a_case(S.APPROVED, a_handling(S.APPROVED, resultTravels=True), deadlines=[a_clock("RESULT_DELIVERY", 9)])
    assert headline(waits, NOW) == "南宁青秀区残联已准予，等对方寄出结果，12 月 8 日前送达。"
    file = a_case(S.APPROVED, a_handling(S.APPROVED, result={"form": "electronic", "sha256": "a" * 64}))
    assert headline(file, NOW) == "南宁青秀区残联已准予，电子结果正在取回。"


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize("stage", list(ParcelStage))
def test_every_stage_of_every_leg_is_told_or_is_over(leg, stage):
    said = says(S.ACCEPTED, parcels=[a_parcel(leg, stage, after(-1))])
    over = stage in (ParcelStage.CANCELLED, ParcelStage.RETURNED, ParcelStage.HALL_CHECKED)
    assert (said == "南宁青秀区残联已受理。") is over
    gone = a_parcel(leg, stage, outcome="DELIVERED", endedAt=after(-1))
    assert says(S.ACCEPTED, parcels=[gone]) == "南宁青秀区残联已受理。"


def test_papers_that_are_fetched_at_the_door():
    coming = {"pickup": True, "collectedAt": None, "parcels": [a_parcel("PICKUP", "ASSIGNED", after(hours=1))]}
    assert says(S.REGISTERED, **coming) == "已登记。等投递员上门取材料，承诺今天 13:00 前到。"
    coming["parcels"] = [a_parcel("PICKUP", "PICKED_UP", after(hours=1))]
    assert says(S.REGISTERED, **coming).endswith("材料在送来大厅的路上。")
    coming["parcels"] = [a_parcel("PICKUP", "EN_ROUTE", after(hours=-1))]
    assert says(S.REGISTERED, **coming).endswith("投递员正上门取材料，已超过承诺时间 1 小时。")
    coming["parcels"] = [a_parcel("PICKUP", "HALL_CHECKED")]
    assert says(S.REGISTERED, **coming) == "已登记，材料已到大厅，等窗口收件。"
    coming["parcels"] = []
    assert says(S.REGISTERED, **coming) == "已登记，等安排上门取材料。"


def test_papers_that_are_late_or_still_travel_after_the_end():
    refused = says(S.REJECTED, parcels=[a_parcel("FORWARD", "IN_TRANSIT", after(1))])
    assert refused == "南宁青秀区残联不予许可。材料在去办理地的路上，预计明天到。"
    late = [a_parcel("FORWARD", "IN_TRANSIT", after(-2))]
    assert says(S.ACCEPTED, parcels=late).endswith("材料在路上，比预计晚 2 天。")


def test_a_closed_case_says_how_it_ended_and_when():
    assert says(S.APPROVED, closedAt=after(-1)) == "南宁青秀区残联已准予，11 月 28 日全部办完。"
    assert says(S.REJECTED, closedAt=after()) == "南宁青秀区残联不予许可，今天全部办完。"
    paper = {"origin": "result", "holder": {"kind": "applicant"}}
    assert says(S.APPROVED, closedAt=after(), papers=[paper]).endswith("今天全部办完，结果已交申请人。")
    file = says(S.APPROVED, closedAt=after(), writings=[{"kind": "result"}])
    assert file.endswith("今天全部办完，电子结果可以下载。")
    owed = says(S.APPROVED, closedAt=after(-1), stillOwed=[1])
    assert owed.endswith("全部办完；容缺材料逾期未补，结果没有发放。")


def test_a_case_that_was_opened_again_says_so():
    assert says(S.APPROVED, reopenedAt=after(-1)).startswith("办完后又有新情况，重新打开：南宁青秀区残联已准予")


def three(*statuses, **more):
    order = zip(("准迁", "迁出", "落户"), (NO, TWO, THREE), ([], [NO], [TWO]), statuses, strict=True)
    return [a_handling(status, no, step=step, after=after, **more) for step, no, after, status in order]


def test_a_joint_case_says_who_has_it_what_waits_and_what_is_done():
    handlings = three(S.APPROVED, S.ACCEPTED, S.WAITING)
    case = a_case(S.ACCEPTED, *handlings, deadlines=[a_clock("DECISION_PROMISED", 10, TWO)])
    assert (
        headline(case, NOW) == "“迁出”：南宁青秀区残联已受理，承诺 12 月 9 日前办结；“落户”等前一步办成；“准迁”已办成。"
    )


def test_the_first_step_waits_for_none_and_the_next_no_more_once_it_may_begin():
    first = a_case(S.COLLECTED, *three(S.COLLECTED, S.WAITING, S.WAITING), deadlines=[a_clock("POSTING", 1)])
    assert headline(first, NOW) == "“准迁”：材料已收齐，等窗口明天内转给南宁青秀区残联；“迁出”、“落户”等前一步办成。"
    turn = a_case(S.WAITING, *three(S.APPROVED, S.WAITING, S.WAITING))
    assert headline(turn, NOW) == "“迁出”：正在转给南宁青秀区残联；“落户”等前一步办成；“准迁”已办成。"


def test_a_joint_case_at_its_ends():
    assert headline(a_case(S.APPROVED, *three(*[S.APPROVED] * 3)), NOW) == "3 步联办全部办成。"
    assert headline(a_case(S.REGISTERED, *three(*[S.REGISTERED] * 3)), NOW) == "已登记，还没有收件。"
    broken = a_case(S.REJECTED, *three(S.APPROVED, S.APPROVED, S.REJECTED), tasks=[a_task(TaskKind.COMPENSATION)])
    assert headline(broken, NOW) == "“落户”没有办成（南宁青秀区残联不予许可），已办成的“准迁”、“迁出”等窗口与各地处理。"
    settled = broken | {"tasks": [], "closedAt": after()}
    assert headline(settled, NOW) == "“落户”没有办成（南宁青秀区残联不予许可），今天全部办完。"
    withdrawn = a_case(S.WITHDRAWN, *three(*[S.WITHDRAWN] * 3), closedAt=after())
    assert headline(withdrawn, NOW) == "已按申请人的要求撤回，今天全部办完。"


def test_places_without_steps_are_told_apart_by_their_names():
    side_by_side = [a_handling(S.ACCEPTED), a_handling(S.REVIEWING, TWO, region="440103")]
    assert headline(a_case(S.ACCEPTED, *side_by_side), NOW) == (
        "南宁青秀区：南宁青秀区残联已受理；广州荔湾区：广州荔湾区残联正在审查。"
    )


def test_names_and_blanks():
    assert short_place("500112") == "重庆渝北区"
    assert short_place("654022") == "察布查尔锡伯自治县"
    assert short_place("999999") == "999999"
    assert authority_name("公安", "510104") == "成都锦江区公安部门"
    assert spaced("承诺12月9日16:00前，共3份PDF") == "承诺 12 月 9 日 16:00 前，共 3 份 PDF"
