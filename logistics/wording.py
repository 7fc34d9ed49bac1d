"""What the applicant reads about a parcel and its promise (告知用语): short, kind, no personal data.

Every stage of every leg has a sentence of at most 70 characters, so that it fits a text message (ux.md A3).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.leg_changes import Halt
from domain.tasks import TaskKind
from domain.terms import Leg, ParcelStage
from logistics.parcels import ParcelState
from logistics.promise import OfferObstacle, PromiseOffer
from logistics.promise_model import Appointment, PromiseState, PromiseVerdict
from logistics.scans import FailureReason, ScanUse
from logistics.service_calendar import CHINA

S = ParcelStage


_FAILED: dict[FailureReason, str] = {
    FailureReason.NOBODY_HOME: "投递员上门时没有联系到您，我们会再次上门，请保持电话畅通。",
    FailureReason.WRONG_ADDRESS: "投递员没有找到您的地址，请联系大厅核对后再次上门。",
    FailureReason.REFUSED: "您在门口未接受本次服务，工作人员会与您联系，也可直接联系大厅。",
    FailureReason.ID_MISMATCH: "门口核对身份或材料清单不一致，请备齐后联系大厅。",
    FailureReason.COURIER_UNAVAILABLE: "投递员临时不能上门，已改派，给您添麻烦了。",
    FailureReason.OUTLET_CLOSED: "网点临时停业，已改由其他网点上门，给您添麻烦了。",
}
_FAILED_UNSAID = "本次上门没有完成，我们会尽快再次安排。"
_FAILED_FOR_GOOD = "多次上门没有完成，工作人员会与您联系另行安排。"
_SENT_ANEW = "已为您改派投递员，请备好材料和身份证件。"

_ANY_LEG: dict[ParcelStage, str] = {
    S.ORDERED: "寄递已登记，邮政正在安排。",
    S.ACCEPTED: "邮政已受理，正在安排。",
    S.ASSIGNED: "邮政已安排投递员。",
    S.EN_ROUTE: "投递员正在路上。",
    S.ARRIVED_DOOR: "投递员已到门口。",
    S.PICKED_UP: "邮政已揽收。",
    S.AT_OUTLET: "邮件已到邮政网点，接着往前送。",
    S.IN_TRANSIT: "邮件正在运输途中。",
    S.AT_DEST_OUTLET: "邮件已到目的地网点，接着派送。",
    S.OUT_FOR_DELIVERY: "投递员正在派送。",
    S.DELIVERED: "邮件已送达。",
    S.HALL_CHECKED: "大厅已核对无误。",
    S.ON_HOLD: "寄递暂停，工作人员正在处理，处理好马上告诉您。",
    S.PICKUP_FAILED: _FAILED_UNSAID,
    S.DELIVERY_FAILED: _FAILED_UNSAID,
    S.AWAITING_COLLECTION: "邮件待领取，须本人或代领人签收后才算送达。",
    S.MISROUTED: "邮件走错了方向，正在改送，会晚一些到。",
    S.DAMAGED: "邮件外包装破损，工作人员会核对材料并联系您。",
    S.LOST: "邮件暂时查不到下落，我们正在全力查找，会主动联系您。",
    S.CANCELLED: "寄递已取消。",
    S.RETURNING: "邮件正在退回，退到后告诉您。",
    S.RETURNED: "邮件已退回，工作人员会与您联系。",
}

_PER_LEG: dict[tuple[Leg, ParcelStage], str] = {
    (Leg.PICKUP, S.ORDERED): "上门取件已登记，正在安排投递员。",
    (Leg.PICKUP, S.ACCEPTED): "上门取件已受理，正在安排投递员。",
    (Leg.PICKUP, S.ASSIGNED): "已安排投递员上门取件，请备好材料和身份证件。",
    (Leg.PICKUP, S.EN_ROUTE): "投递员正在赶来取件，请备好材料和身份证件。",
    (Leg.PICKUP, S.PICKED_UP): "投递员已取走材料，正送往大厅。",
    (Leg.PICKUP, S.DELIVERED): "材料已到大厅，等待核对。",
    (Leg.PICKUP, S.HALL_CHECKED): "大厅已核对收齐材料。",
    (Leg.PICKUP, S.RETURNING): "材料正在退还给您。",
    (Leg.PICKUP, S.RETURNED): "材料已退还给您。",
    (Leg.FORWARD, S.PICKED_UP): "材料已从大厅寄往办理地。",
    (Leg.FORWARD, S.IN_TRANSIT): "材料正在寄往办理地途中。",
    (Leg.FORWARD, S.DELIVERED): "材料已送达办理地大厅。",
    (Leg.FORWARD, S.RETURNING): "材料没有送达办理地，正在退回大厅，工作人员会与您联系。",
    (Leg.FORWARD, S.RETURNED): "材料已退回大厅，工作人员会与您联系。",
    (Leg.BACK, S.PICKED_UP): "办理结果已从办理地寄出。",
    (Leg.BACK, S.IN_TRANSIT): "办理结果正在寄回途中。",
    (Leg.BACK, S.DELIVERED): "办理结果已寄到大厅，等待核对。",
    (Leg.BACK, S.HALL_CHECKED): "大厅已核对办理结果。",
    (Leg.BACK, S.RETURNING): "邮件正在退回办理地，工作人员会与您联系。",
    (Leg.BACK, S.RETURNED): "邮件已退回办理地，工作人员会与您联系。",
    (Leg.DELIVERY, S.PICKED_UP): "投递员已从大厅取走，准备送给您。",
    (Leg.DELIVERY, S.OUT_FOR_DELIVERY): "投递员正在送来，请备好身份证件签收。",
    (Leg.DELIVERY, S.DELIVERED): "已签收，感谢您的信任。",
    (Leg.DELIVERY, S.RETURNING): "正在退回大厅，您可到大厅领取或重新预约。",
    (Leg.DELIVERY, S.RETURNED): "已退回大厅，您可到大厅领取或重新预约。",
}

_MATTERS: Mapping[TaskKind, str] = {
    TaskKind.PAPERS_SHORT: "清点的份数与清单不符，办理先暂停，工作人员会与您联系商定。",
    TaskKind.DISCREPANCY: "核对时发现材料与清单不一致，工作人员正在核实，会主动联系您。",
    TaskKind.PARCEL_DAMAGED: "邮件外包装有破损，工作人员正在核对材料，会主动联系您。",
    TaskKind.PARCEL_LOST: _ANY_LEG[S.LOST],
    TaskKind.PARCEL_FOUND: "您的邮件找到了，工作人员会与您联系送还。",
    TaskKind.TAKE_OVER: "投递员临时不能继续，我们正安排他人接手，给您添麻烦了。",
    TaskKind.RETURN_REQUIRED: "寄递已取消，但材料已被取走，我们会尽快退还给您。",
    TaskKind.LEG_OVERDUE: "邮件比预计晚到，我们正在向邮政查询。",
}
"""What is wrong with a parcel as long as a person works on it; it says more than the stage."""

HALTED: Mapping[Halt, str] = {
    Halt.CANCELLED: "上门已取消。",
    Halt.WITHDRAWAL: "办件正在撤回，投递员不再上门。",
}
"""Why nobody comes although the leg is not over."""

_NO_PROMISE: Mapping[OfferObstacle, str] = {
    OfferObstacle.OUTSIDE_DISTRICT: "地址不在渝中区，不作一小时承诺，我们会尽快上门。",
    OfferObstacle.NEEDS_PERSON: "地址需要人工确认，确认后告知您上门时间。",
    OfferObstacle.PLAN_TOO_LATE: "当前订单较多，一小时内可能来不及，我们会尽快上门。",
    OfferObstacle.SWITCHED_OFF: "暂不作上门时限承诺，我们会尽快上门。",
}


def failure_of(state: ParcelState) -> FailureReason | None:
    """Why the latest attempt failed, as its scan says; None when none failed or it does not say."""
    failed = [
        scan.event.note
        for scan in state.scans
        if scan.use is ScanUse.EFFECTIVE and scan.event.stage in (S.PICKUP_FAILED, S.DELIVERY_FAILED)
    ]
    return FailureReason.__members__.get(failed[-1] or "") if failed else None


def stage_sentence(
    leg: Leg, status: ParcelStage, failure: FailureReason | None = None, *, given_up: bool = False
) -> str:
    """What the applicant reads about a parcel. `given_up`: after this failed attempt nobody goes unasked."""
    if status in (S.PICKUP_FAILED, S.DELIVERY_FAILED):
        if given_up and failure not in (FailureReason.REFUSED, FailureReason.WRONG_ADDRESS):
            return _FAILED_FOR_GOOD
        return _FAILED[failure] if failure is not None else _FAILED_UNSAID
    return _PER_LEG.get((leg, status), _ANY_LEG[status])


def courier_sentence(leg: Leg, times_sent: int) -> str:
    """What the applicant reads while a courier is to come who has not set out. `times_sent`: 1 for the first one."""
    return _SENT_ANEW if times_sent > 1 else _PER_LEG.get((leg, S.ASSIGNED), _ANY_LEG[S.ASSIGNED])


def appointment_sentence(leg: Leg, window: Appointment) -> str:
    """What the applicant reads until somebody is sent for the appointment: 已约好12月1日 15:00–15:30上门取件。"""
    start, end = window.start.astimezone(CHINA), window.end.astimezone(CHINA)
    errand = "上门取件，请备好材料和身份证件" if leg is Leg.PICKUP else "送达上门，请备好身份证件"
    return f"已约好{start.month}月{start.day}日 {start:%H:%M}–{end:%H:%M}{errand}。"


def matter_sentence(open_tasks: Iterable[TaskKind]) -> str | None:
    """What the applicant reads while a person works on what is wrong with a parcel; None when nothing is."""
    waiting = set(open_tasks)
    return next((sentence for kind, sentence in _MATTERS.items() if kind in waiting), None)


def promise_sentence(leg: Leg, promise: PromiseState, now: datetime) -> str:
    """What the applicant reads about the promise; a moved deadline is always said."""
    errand = "上门取件" if leg is Leg.PICKUP else "送达上门"
    match promise.verdict:
        case PromiseVerdict.KEPT | PromiseVerdict.KEPT_LATE_UPLOAD:
            return f"投递员已按承诺{errand}。"
        case PromiseVerdict.CANCELLED:
            return f"{errand}已取消。"
        case PromiseVerdict.BREACHED if promise.stopped_at is not None:
            return f"本次{errand}晚于承诺时间，非常抱歉。"
        case PromiseVerdict.BREACHED:
            return f"本次{errand}已超过承诺时间，非常抱歉，我们正在加急处理。"
    if promise.awaits_address:
        return _NO_PROMISE[OfferObstacle.NEEDS_PERSON]
    moved = "承诺时间已调整：" if len(promise.versions) > 1 else ""
    return f"{moved}{moment_said(promise.deadline, now)}前{errand}。"


def no_promise_sentence(obstacle: OfferObstacle) -> str:
    """What the applicant reads where nothing is promised, and why."""
    return _NO_PROMISE[obstacle]


def offer_sentence(leg: Leg, found: PromiseOffer, now: datetime) -> str:
    """What is shown before the order is confirmed."""
    if found.obstacle is not None:
        return _NO_PROMISE[found.obstacle]
    errand = "上门取件" if leg is Leg.PICKUP else "送达上门"
    later = f"现在非服务时间，{moment_said(found.start, now)}起安排，" if found.starts_later else ""
    return f"{later}{moment_said(found.deadline, now)}前{errand}。"


def moment_said(at: datetime, now: datetime) -> str:
    """今天 15:20, 明天 09:00, 10月8日 10:00: local time of the district."""
    local, today = at.astimezone(CHINA), now.astimezone(CHINA).date()
    days = (local.date() - today).days
    day = {0: "今天", 1: "明天"}.get(days, f"{local.month}月{local.day}日")
    return f"{day} {local:%H:%M}"
