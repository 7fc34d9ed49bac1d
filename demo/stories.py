"""The stories: what is applied for, what the networks and the couriers are told to play, and how it must end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.terms import Partner
from runtime.networks import connected

ONLINE, COLLECT, JOINT = "全程网办", "异地代收代办", "多地联办"

RECEIVED = {"event": "RECEIVED"}
ACCEPTED = {"event": "ACCEPTED"}
REVIEWING = {"event": "REVIEWING"}
APPROVED = {"event": "APPROVED"}
APPROVED_ELECTRONIC = {"event": "APPROVED", "payload": {"result": {"form": "electronic"}}}
RESULT_SENT = {"event": "RESULT_SENT"}
ARRIVED_S = 10.0
"""Until originals that were sent have come to an authority, and we have heard of it: it sends back what it has."""

CHENGDU, GUANGAN = "510104", "511602"
GUIYANG, KUNMING, NANNING = "520102", "530102", "450103"
GUANGZHOU, SHANGHAI, BEIJING = "440103", "310101", "110105"
YUBEI = "500112"
_NETWORK_OF_PROVINCE = {
    "50": None,
    "51": Partner.SICHUAN,
    "52": Partner.SOUTHWEST,
    "53": Partner.SOUTHWEST,
    "45": Partner.SOUTHWEST,
}


@dataclass(frozen=True)
class Story:
    """`partner_script` per handling region's network (None: the usual way); `courier_script` by phone tail.

    `does` names what people do meanwhile: supplement, defer, licence (an electronic one instead of a paper),
    withdraw_early, withdraw, officer, give_up (a delivery), restore (what a joint case could not complete).
    """

    title: str
    item: str
    regions: tuple[str, ...]
    outcome: str = "APPROVED"
    pickup: bool = False
    delivery: bool = False
    partner_script: tuple[dict[str, Any], ...] | None = None
    step_scripts: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    """Of single steps of a joint case, instead of `partner_script`."""
    courier_script: dict[str, Any] | None = None
    does: frozenset[str] = frozenset()
    roles: tuple[str | None, ...] = ()
    legs: tuple[str, ...] = ()
    notices: frozenset[str] = frozenset()
    outage: dict[str, Any] | None = None
    shows: frozenset[str] = frozenset()
    """What the history must contain."""

    @property
    def networks(self) -> frozenset[Partner]:
        """Whose networks carry it; none in the own city."""
        carried = (_NETWORK_OF_PROVINCE.get(region[:2], Partner.INTERPROVINCIAL) for region in self.regions)
        return frozenset(network for network in carried if network is not None)


def _supplement_round() -> tuple[dict[str, Any], ...]:
    return (RECEIVED, {"event": "NEED_SUPPLEMENT"}, {"await": "supplement"}, ACCEPTED, APPROVED, RESULT_SENT)


_TWO_WAY = ("PICKUP", "BACK", "DELIVERY")
_DELIVERED = frozenset({"DELIVERED"})


def _two_way(title: str, item: str, region: str) -> Story:
    """Fetched at the door, brought back to the door: no visit needed (双向寄递、不见面审批)."""
    return Story(title, item, (region,), pickup=True, delivery=True, legs=_TWO_WAY, notices=_DELIVERED)


_ALL: tuple[Story, ...] = (
    Story("川渝·全程网办", "YZ-HRSS-001", (CHENGDU,)),
    Story(
        "川渝·异地代收代办·双向寄递",
        "YZ-MPS-001",
        (GUANGAN,),
        pickup=True,
        delivery=True,
        legs=_TWO_WAY,
        notices=_DELIVERED,
    ),
    Story("川渝·多地联办", "YZ-SAMR-014", (CHENGDU,), delivery=True, legs=("BACK", "DELIVERY"), notices=_DELIVERED),
    Story(
        "西南·全程网办",
        "YZ-HRSS-001",
        (GUIYANG,),
        does=frozenset({"licence"}),
        shows=frozenset({"LICENCE_CHECKED", "LICENCES_HOLD"}),
    ),
    Story(
        "西南·异地代收代办·双向寄递",
        "YZ-HRSS-048",
        (KUNMING,),
        pickup=True,
        delivery=True,
        legs=_TWO_WAY,
        notices=_DELIVERED,
    ),
    Story("西南·多地联办", "YZ-MPS-037", (NANNING,), delivery=True, legs=("BACK", "DELIVERY"), notices=_DELIVERED),
    Story("跨省·全程网办", "YZ-HRSS-001", (GUANGZHOU,)),
    Story(
        "跨省·异地代收代办·双向寄递",
        "YZ-MPS-002",
        (SHANGHAI,),
        pickup=True,
        delivery=True,
        legs=_TWO_WAY,
        notices=_DELIVERED,
    ),
    Story("跨省·多地联办", "YZ-MPS-038", (BEIJING,), legs=("BACK",), notices=_DELIVERED),
    Story("全渝·就地批办", "YZ-HRSS-001", (YUBEI,), does=frozenset({"officer"})),
    Story(
        "补正一轮",
        "YZ-MPS-001",
        (CHENGDU,),
        partner_script=_supplement_round(),
        does=frozenset({"supplement"}),
        legs=("BACK",),
        notices=_DELIVERED,
        shows=frozenset({"SUPPLEMENT_BROUGHT", "SUPPLEMENTED"}),
    ),
    Story(
        "不予受理",
        "YZ-HRSS-001",
        (KUNMING,),
        outcome="NOT_ACCEPTED",
        partner_script=(RECEIVED, {"event": "NOT_ACCEPTED"}),
    ),
    Story(
        "不予许可·原件退回",
        "YZ-NHSA-016",
        (GUANGZHOU,),
        outcome="REJECTED",
        delivery=True,
        partner_script=(
            *({"await": "papers"}, RECEIVED, ACCEPTED, REVIEWING, {"event": "REJECTED"}),
            {**RESULT_SENT, "after_s": ARRIVED_S},
        ),
        legs=("FORWARD", "BACK", "DELIVERY"),
        notices=frozenset({"PAPERS_SENT", "DELIVERED"}),
    ),
    Story(
        "转递前撤回",
        "YZ-MPS-001",
        (GUANGAN,),
        outcome="WITHDRAWN",
        pickup=True,
        does=frozenset({"withdraw_early"}),
        courier_script={"late_s": 1200},
        legs=("PICKUP",),
    ),
    Story(
        "转递后撤回·原件退回",
        "YZ-NHSA-007",
        (GUIYANG,),
        outcome="WITHDRAWN",
        delivery=True,
        partner_script=({"await": "papers"}, RECEIVED, {**ACCEPTED, "after_s": ARRIVED_S}, {"await": "never"}),
        does=frozenset({"withdraw"}),
        legs=("FORWARD", "BACK", "DELIVERY"),
        notices=frozenset({"PAPERS_SENT", "DELIVERED"}),
    ),
    Story(
        "多地联办·两张网",
        "YZ-MPS-009",
        (CHENGDU, GUANGZHOU),
        roles=("迁入地", "迁出地"),
        partner_script=(RECEIVED, ACCEPTED, REVIEWING, APPROVED_ELECTRONIC),
        shows=frozenset({"WAITING", "TURN_CAME"}),
    ),
    Story(
        "迁出后落户不成·恢复户口",
        "YZ-MPS-010",
        (CHENGDU, GUANGZHOU),
        outcome="REJECTED",
        roles=("迁入地", "迁出地"),
        partner_script=(RECEIVED, ACCEPTED, APPROVED_ELECTRONIC),
        step_scripts={"落户": (RECEIVED, ACCEPTED, {"event": "REJECTED"})},
        does=frozenset({"restore"}),
        shows=frozenset({"TURN_CAME", "COMPENSATION", "COMPENSATED"}),
    ),
    Story(
        "揽件迟到·改派",
        "YZ-MPS-002",
        (CHENGDU,),
        pickup=True,
        courier_script={"ignore_first_assignment": True},
        legs=("PICKUP", "BACK"),
        notices=_DELIVERED,
        shows=frozenset({"REDISPATCHED"}),
    ),
    Story(
        "上门少一份·商定先办",
        "YZ-MPS-002",
        (CHENGDU,),
        pickup=True,
        courier_script={"missing_at_door": True},
        does=frozenset({"go_without"}),
        legs=("PICKUP", "BACK"),
        notices=frozenset({"DISCREPANCY", "DELIVERED"}),
    ),
    Story(
        "首次投递未成·再投",
        "YZ-DPF-001",
        (GUIYANG,),
        delivery=True,
        courier_script={"fail_first_delivery": "NOBODY_HOME"},
        legs=("BACK", "DELIVERY"),
        notices=_DELIVERED,
        shows=frozenset({"ATTEMPT_FAILED"}),
    ),
    Story(
        "送达被拒·退回大厅自取",
        "YZ-DPF-001",
        (NANNING,),
        delivery=True,
        courier_script={"refuse_at_door": True},
        does=frozenset({"give_up"}),
        legs=("BACK", "DELIVERY"),
        notices=_DELIVERED,
        shows=frozenset({"LEG_RETURNED", "HANDED_OVER"}),
    ),
    Story(
        "对方系统停机",
        "YZ-MPS-001",
        (BEIJING,),
        delivery=True,
        outage={"partner": "interprovincial", "kind": "down", "seconds": 8},
        legs=("BACK", "DELIVERY"),
        notices=_DELIVERED,
    ),
    Story(
        "回调重复又乱序",
        "YZ-MPS-002",
        (GUANGAN,),
        partner_script=(
            {**RECEIVED, "times": 3, "hold_until_next": True},
            {**ACCEPTED, "times": 2},
            {**REVIEWING, "hold_until_next": True},
            {**APPROVED, "times": 3},
            RESULT_SENT,
        ),
        legs=("BACK",),
        notices=_DELIVERED,
    ),
    Story(
        "容缺受理·补齐后发放",
        "YZ-HEALTH-018",
        (CHENGDU,),
        does=frozenset({"defer"}),
        shows=frozenset({"DEFERRED", "DEFERRED_CLOSED", "GAP_CLOSED"}),
    ),
)

STORIES = tuple(story for story in _ALL if story.networks <= set(connected()))
"""Those that this installation can carry: all, unless the adapter of a network was taken away."""

LEFT_OUT = len(_ALL) - len(STORIES)
