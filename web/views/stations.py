"""A parcel as a line of stations, a case as a line of steps, in words for the applicant (站点)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from domain.terms import PARCEL_RANK, CaseStatus, Leg, ParcelStage, WireEvent
from storage.cases.rows import CaseRow
from storage.parcels.legs import LegRow
from web.views.stage_times import times_of

S = ParcelStage
_ON_THE_WAY: Final[Mapping[Leg, tuple[tuple[ParcelStage, str], ...]]] = {
    Leg.PICKUP: (
        (S.ORDERED, "已预约"),
        (S.EN_ROUTE, "投递员出发"),
        (S.ARRIVED_DOOR, "到您门口"),
        (S.PICKED_UP, "取走材料"),
        (S.DELIVERED, "送到大厅"),
        (S.HALL_CHECKED, "大厅核对"),
    ),
    Leg.FORWARD: (
        (S.ORDERED, "已安排"),
        (S.PICKED_UP, "从大厅寄出"),
        (S.IN_TRANSIT, "邮政运输"),
        (S.DELIVERED, "到办理地"),
    ),
    Leg.BACK: (
        (S.ORDERED, "已安排"),
        (S.PICKED_UP, "从办理地寄出"),
        (S.IN_TRANSIT, "邮政运输"),
        (S.DELIVERED, "到大厅"),
        (S.HALL_CHECKED, "大厅核对"),
    ),
    Leg.DELIVERY: (
        (S.ORDERED, "已预约"),
        (S.PICKED_UP, "从大厅取走"),
        (S.OUT_FOR_DELIVERY, "正在派送"),
        (S.DELIVERED, "您已签收"),
    ),
}
_END: Final = "全部办完"
_ORDERED: Final = PARCEL_RANK[S.ORDERED]


def stations_of(leg: LegRow) -> list[dict[str, Any]]:
    """`[{label, state, at}]`; `state`: done, here or ahead. A parcel that ended elsewhere has nothing ahead of it."""
    kept = leg.state or {}
    stage = ParcelStage(kept.get("stage") or leg.stage)
    rank = stage.rank or 0
    reached = [(at, label) for at, label in _ON_THE_WAY[Leg(leg.leg)] if (at.rank or 0) <= max(rank, _ORDERED)]
    ahead = [] if leg.outcome is not None else _ON_THE_WAY[Leg(leg.leg)][len(reached) :]
    ended = leg.outcome is not None or not ahead
    times = times_of(leg)
    line = [_station(label, "done", times.get(at)) for at, label in reached]
    if line and not ended:
        line[-1]["state"] = "here"
    return [*line, *(_station(label, "ahead", None) for _, label in ahead)]


def steps_of(case: CaseRow, said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The five steps of any case, from its registration to the end, as `stations_of`; `said`: by the authorities."""
    accepted = next((one["at"] for one in said if one["event"] == WireEvent.ACCEPTED), None)
    status = CaseStatus(case.status)
    steps: list[tuple[str, datetime | str | None]] = [
        ("您提出申请", case.registered_at),
        ("大厅收齐材料", case.collected_at),
        ("办理地受理", accepted),
        (status.label if case.decided_at else "办理地作出决定", case.decided_at),
        (_END, case.closed_at),
    ]
    over = case.decided_at is not None or status.is_outcome
    line = [_station(label, "done" if at else "ahead", at) for label, at in steps if at or not over or label == _END]
    ahead = next((station for station in line if station["state"] == "ahead"), None)
    if ahead is not None:
        ahead["state"] = "here"
    return line


def _station(label: str, state: str, at: datetime | str | None) -> dict[str, Any]:
    return {"label": label, "state": state, "at": at.isoformat() if isinstance(at, datetime) else at}
