"""What happens next with a case, who does it and until when, as its applicant reads it (下一步)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from catalog.workdays import local_day
from domain.messages import DeadlineKind, Responsible
from domain.terms import CaseStatus
from storage.cases.rows import CaseRow, DeadlineRow

BY: Final[Mapping[DeadlineKind, str]] = {
    DeadlineKind.POSTING: "大厅最迟{day}把材料寄往办理地。",
    DeadlineKind.ACCEPTANCE: "{who}最迟{day}告诉您是否受理，或者还缺什么材料。",
    DeadlineKind.SUPPLEMENT_REPLY: "您最迟{day}补齐，大厅马上转给办理地，接着办理。",
    DeadlineKind.DECISION_PROMISED: "{who}承诺最迟{day}办结。",
    DeadlineKind.DECISION_STATUTORY: "{who}依法最迟{day}办结。",
    DeadlineKind.RESULT_DELIVERY: "{who}最迟{day}把结果送达。",
    DeadlineKind.INTERREGIONAL_LEG: "邮政预计最迟{day}送到。",
    DeadlineKind.WITHDRAWAL: "{who}最迟{day}答复您的撤回申请。",
    DeadlineKind.COLLECTION: "请您最迟{day}带身份证件到大厅领取。",
    DeadlineKind.DEFERRED_MATERIAL: "请您最迟{day}补交先行办理时欠的材料。",
    DeadlineKind.SUSPENSION: "大厅最迟{day}向{who}问清进展，再告诉您。",
    DeadlineKind.RATING_REWORK: "大厅最迟{day}就您的评价答复您。",
    DeadlineKind.COMPENSATION: "工作人员最迟{day}与各地处理好，再告诉您。",
    DeadlineKind.MISSING_PAPER: "请您最迟{day}把缺的材料送到大厅窗口。",
}
"""What is done by the end of each clock. `{who}`: the authority, in a joint case its place; `{day}`: the last day."""

TO_AGREE: Final = "大厅最迟{day}打电话与您商定缺的材料怎么办。"
"""Of a paper that was counted short, while nobody has asked the applicant yet."""

AFTER_AGREEING: Final = "商定以后，大厅接着办理，您现在不用跑。"
"""The same where no clock runs yet: the papers were counted at the door a moment ago."""

LATE: Final = "{who}原定{day}前办好，现在晚了，大厅正在催办，请您谅解。"
LATE_YOURS: Final = "原定{day}前由您完成，现在已经过期，请您尽快联系大厅。"

WITHOUT_CLOCK: Final[Mapping[CaseStatus, str]] = {
    CaseStatus.REGISTERED: "材料一到大厅，工作人员当场核对，齐了马上转给办理地。",
    CaseStatus.COLLECTED: "转到以后，办理地告诉您是否受理。",
    CaseStatus.WAITING: "转到以后，下一个办理地告诉您是否受理。",
    CaseStatus.SUBMITTED: "收到以后，办理地告诉您是否受理。",
    CaseStatus.RECEIVED: "看完以后，办理地告诉您是否受理，或者还缺什么材料。",
    CaseStatus.ACCEPTED: "办理地作出决定后，大厅马上告诉您。",
    CaseStatus.SUPPLEMENT_REQUIRED: "您补齐以后，大厅马上转给办理地。",
    CaseStatus.SUPPLEMENTED: "办理地作出决定后，大厅马上告诉您。",
    CaseStatus.REVIEWING: "办理地作出决定后，大厅马上告诉您。",
    CaseStatus.SUSPENDED: "程序完成后，办理地接着办理。",
    CaseStatus.APPROVED: "",
    CaseStatus.NOT_ACCEPTED: "您不同意这个决定的，可以按决定书写明的办法申请复议或起诉，也可到大厅咨询。",
    CaseStatus.REJECTED: "您不同意这个决定的，可以按决定书写明的办法申请复议或起诉，也可到大厅咨询。",
    CaseStatus.WITHDRAWN: "您以后还要办的，随时可以到大厅重新申请。",
    CaseStatus.FAILED: "您还要办的，可以到大厅重新申请。",
    CaseStatus.NOT_BEGUN: "您还要办的，请到大厅咨询怎么继续。",
}
"""Where no clock runs: what follows, or what can still be done."""

DONE: Final = "没有要您再办的事了。"
TO_FETCH: Final = "您随时可以凭领取码在本页下载电子结果。"

_WHO: Final = {Responsible.WINDOW: "大厅", Responsible.POST: "邮政", Responsible.AUTHORITY: "办理地"}
_WEEK: Final = "一二三四五六日"


def then_sentence(
    case: CaseRow,
    clocks: Sequence[DeadlineRow],
    places: Mapping[str, str],
    now: datetime,
    *,
    to_fetch: bool = False,
    to_agree: bool = False,
) -> str:
    """The sentence behind where the matter stands; "" where that has said it all.

    `to_fetch`: a result lies ready. `to_agree`: papers were counted otherwise than listed, and nothing is agreed.
    `clocks`: running, what ends soonest first (`web.views.clocks`); the applicant's own go before the others'.
    `places`: as of `web.views.places`.
    """
    if case.on_hold:
        return "工作人员核实后会打电话或发短信告诉您，您现在不用做什么。"
    status = CaseStatus(case.status)
    mine = [clock for clock in clocks if clock.responsible == Responsible.APPLICANT]
    soonest = next(iter([*mine, *clocks]), None)
    if soonest is not None:
        return _by(soonest, places, now)
    if case.closed_at is not None and status is CaseStatus.APPROVED:
        return TO_FETCH if to_fetch else DONE
    return AFTER_AGREEING if to_agree else WITHOUT_CLOCK[status]


def day_said(at: datetime, now: datetime) -> str:
    """A last day as people say it, of the hall's clock: 今天（12月5日）, 12月9日（周三）."""
    day = local_day(at)
    date = f"{day.month}月{day.day}日"
    return f"今天（{date}）" if day == local_day(now) else f"{date}（周{_WEEK[day.weekday()]}）"


def _by(clock: DeadlineRow, places: Mapping[str, str], now: datetime) -> str:
    yours = clock.responsible == Responsible.APPLICANT
    kind, day = DeadlineKind(clock.kind), day_said(clock.due_at, now)
    who = places.get(clock.handling_no or "") or _WHO[Responsible.AUTHORITY]
    if now > clock.due_at:
        acts = who if clock.responsible == Responsible.AUTHORITY else _WHO.get(Responsible(clock.responsible), "大厅")
        return (LATE_YOURS if yours else LATE).format(who=acts, day=day)
    if kind is DeadlineKind.MISSING_PAPER and not yours:
        return TO_AGREE.format(day=day)
    return BY[kind].format(who=who, day=day)
