"""What travels, as a clause of the case's headline (在途); nothing where nothing does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from domain.terms import DOOR_LEGS, CaseStatus, Leg, ParcelStage
from web.views.spoken_times import by_when, late_by, on_day

S = ParcelStage
_MOST: Final = 2

_WRONG: Final[Mapping[ParcelStage, str]] = {
    S.ON_HOLD: "的寄递暂停，有人在处理",
    S.PICKUP_FAILED: "上门没有取到，再次安排",
    S.DELIVERY_FAILED: "上门没有送到，再次安排",
    S.AWAITING_COLLECTION: "在网点待领取",
    S.MISROUTED: "走错了方向，正在改送",
    S.DAMAGED: "外包装破损，有人在核对",
    S.LOST: "暂时查不到下落，正在查找",
    S.RETURNING: "正在退回",
}
_OVER: Final = frozenset({S.CANCELLED, S.RETURNED, S.HALL_CHECKED})
_FETCHED: Final = S.PICKED_UP.rank or 0
_SET_OUT: Final = S.EN_ROUTE.rank or 0
_THERE: Final = S.DELIVERED.rank or 0


def travelling(parcels: Sequence[dict[str, Any]], now: datetime, status: CaseStatus) -> list[str]:
    """At most two clauses without a full stop, of what was ordered last first.

    `parcels`: as `web.views.legs.parcel` has them. `status`: of the case; what comes back is a result or papers.
    """
    comes_back = "结果" if status is CaseStatus.APPROVED else "材料"
    on_the_way = "在去办理地的路上" if status.is_outcome else "在路上"
    under_way = [p for p in parcels if p["outcome"] is None and p["endedAt"] is None and S(p["stage"]) not in _OVER]
    clauses = (_clause(parcel, now, comes_back, on_the_way) for parcel in reversed(under_way))
    return list(dict.fromkeys(clause for clause in clauses if clause))[:_MOST]


def _clause(parcel: dict[str, Any], now: datetime, comes_back: str, on_the_way: str) -> str | None:
    leg, stage = Leg(parcel["leg"]), S(parcel["stage"])
    what = comes_back if leg in (Leg.BACK, Leg.DELIVERY) else "材料"
    if stage in _WRONG:
        return what + _WRONG[stage]
    rank = stage.rank or 0
    if leg is Leg.PICKUP and rank < _FETCHED:
        return _visit(parcel, now, "取材料", set_out=rank >= _SET_OUT)
    if rank >= _THERE:
        return _arrived(leg, what)
    if rank < _FETCHED:
        return _waits(leg, what)
    if leg is Leg.DELIVERY:
        return _visit(parcel, now, f"送{what}", set_out=True)
    where = "在送来大厅的路上" if leg is Leg.PICKUP else "在寄回大厅的路上" if leg is Leg.BACK else on_the_way
    return f"{what}{where}{_expected(parcel, now)}"


def _visit(parcel: dict[str, Any], now: datetime, errand: str, *, set_out: bool) -> str:
    """A courier is to come to the door, or is under way there."""
    who = f"投递员正上门{errand}" if set_out else f"等投递员上门{errand}"
    due = parcel["deadlineAt"]
    if due is None:
        return who
    late = late_by(due, now)
    return f"{who}，{late.replace('已超期', '已超过承诺时间')}" if late else f"{who}，承诺{by_when(due, now)}到"


def _arrived(leg: Leg, what: str) -> str | None:
    match leg:
        case Leg.FORWARD:
            return f"{what}已到办理地大厅"
        case Leg.DELIVERY:
            return f"{what}已送到"
    return f"{what}已到大厅，等窗口核对"


def _waits(leg: Leg, what: str) -> str:
    match leg:
        case Leg.FORWARD:
            return f"{what}等邮政来取"
        case Leg.BACK:
            return f"{what}等邮政从办理地收寄"
    return f"{what}在大厅，等投递员送上门"


def _expected(parcel: dict[str, Any], now: datetime) -> str:
    due = parcel["deadlineAt"]
    if due is None or Leg(parcel["leg"]) in DOOR_LEGS:
        return ""
    late = late_by(due, now)
    return f"，比预计晚{late.removeprefix('已超期')}" if late else f"，预计{on_day(due, now)}到"
