"""What is said before, when and after an order at a door is changed (变更用语): the consequence, or why not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.leg_changes import ChangeKind
from domain.terms import Leg
from logistics.appointments import WindowFault
from logistics.leg_changes import ChangeObstacle
from logistics.promise import PromiseOffer
from logistics.promise_model import Appointment
from logistics.service_calendar import CHINA
from logistics.wording import moment_said

CHANGES: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.ADDRESS: "改地址",
    ChangeKind.WINDOW: "改时间",
    ChangeKind.CONTACT: "改联系人",
    ChangeKind.CANCEL: "取消上门",
}

OBSTACLES: Final[Mapping[ChangeObstacle, str]] = {
    ChangeObstacle.NO_VISIT: "这段寄递不上门，没有可改的安排。",
    ChangeObstacle.LEG_OVER: "这段寄递已经结束，不能再改；还有需要请拨打大厅电话。",
    ChangeObstacle.NOBODY_COMES: "现在没有安排上门，不用改；后续安排请拨打大厅电话。",
    ChangeObstacle.VISIT_CANCELLED: "上门已经取消，不用再改；要重新安排请拨打大厅电话。",
    ChangeObstacle.WITHDRAWAL_PENDING: "办件正在撤回，投递员不再上门；撤回有结果后再改。",
    ChangeObstacle.PAPERS_HELD: "材料已在投递员手中，不能再改；急事请拨打大厅电话。",
    ChangeObstacle.AT_THE_DOOR: "投递员已到门口，请当面告诉他。",
}

WINDOW_FAULTS: Final[Mapping[WindowFault, str]] = {
    WindowFault.PAST: "这个时段已经过了，请选后面的时段。",
    WindowFault.TOO_FAR: "最多预约七天之内，请选近一些的时段。",
    WindowFault.CLOSED: "这个时段网点不上门（非营业时间或休息日），请从列出的时段中选。",
    WindowFault.CUT: "时段从整点或半点开始，请从列出的时段中选。",
}
UNCHANGED: Final = "和现在的一样，没有改动。"

_ERRANDS: Final = {Leg.PICKUP: "取件", Leg.DELIVERY: "送达"}


def window_said(window: Appointment, now: datetime) -> str:
    """今天 15:00–15:30: the district's time."""
    return f"{moment_said(window.start, now)}–{window.end.astimezone(CHINA):%H:%M}"


def consequence(
    kind: ChangeKind, leg: Leg, offered: PromiseOffer, now: datetime, *, broken: bool, by: str | None
) -> str:
    """What follows if it is changed now, said before anybody confirms it.

    `offered`: what a new order would be promised. `broken`: the promise was broken before, and stays so. `by`: last day
    to bring papers or to fetch a result, as people say it.
    """
    kept = "原承诺已超时，照常记录。" if broken else ""
    match kind:
        case ChangeKind.ADDRESS:
            promised = offered.promised and not broken
            found = f"新的上门时间 {moment_said(offered.deadline, now)} 前" if promised else "尽快上门"
            return f"改地址后重新派员，{found}；位置要先在地图上确认的，从确认时算起。{kept}"
        case ChangeKind.WINDOW:
            return f"改时间后，原来的安排取消，投递员在所选时段开始后一小时内上门{_ERRANDS.get(leg, '')}。{kept}"
        case ChangeKind.CONTACT:
            return "改联系人后，投递员上门找新的联系人，上门时间不变。"
        case ChangeKind.CANCEL if leg is Leg.PICKUP:
            return f"取消上门后，请您{f'最迟{by}' if by else '尽快'}把材料送到大厅窗口，收到后接着办理。"
    return f"取消上门后，结果留在大厅，请您{f'最迟{by}' if by else '尽快'}带身份证件来领取。"


def done_sentence(kind: ChangeKind, promise: str | None, window: Appointment | None, now: datetime) -> str:
    """What has come of it. `promise`: the sentence about the promise as it stands now, None where there is none."""
    said = {
        ChangeKind.ADDRESS: "地址已改，重新安排上门。",
        ChangeKind.WINDOW: f"已改约 {window_said(window, now)} 上门。" if window else "时间已改。",
        ChangeKind.CONTACT: "联系人已改，投递员会找新的联系人。",
        ChangeKind.CANCEL: "已取消上门。",
    }[kind]
    return f"{said}{promise or ''}" if kind in (ChangeKind.ADDRESS, ChangeKind.WINDOW) else said


def told_to_courier(kind: ChangeKind, window: Appointment | None, now: datetime) -> str:
    """The line on the work list of the courier who was to go."""
    if kind is ChangeKind.WINDOW and window is not None:
        return f"改约 {window_said(window, now)}"
    return {
        ChangeKind.ADDRESS: "地址已改",
        ChangeKind.WINDOW: "时间已改",
        ChangeKind.CONTACT: "联系人已改",
        ChangeKind.CANCEL: "已取消上门",
    }[kind]
