"""The five measures of the district's reply (季度五项指标): what each says, in which unit, and what it is to reach.

The targets are what the reply of 2022-05-19 tells of: a hall that falls behind them has become worse. For the share
in time it tells none; a promise is made to be kept.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Measure(StrEnum):
    """The measures, in the order of the reply."""

    ONLINE = "online"
    COMPRESSION = "compression"
    TRIPS = "trips"
    IMMEDIATE = "immediate"
    ON_TIME = "onTime"


class Part(StrEnum):
    """Some of the cases behind a measure: those that speak for it, those that speak against it, or by trips made."""

    YES = "yes"
    NO = "no"
    NONE = "0"
    ONE = "1"
    TWO = "2"


class Target(NamedTuple):
    """`value`: in the measure's unit, to be reached from below, with `at_most` from above. `source`: who says so."""

    value: float
    source: str
    at_most: bool = False

    def met_by(self, value: float) -> bool:
        """Whether a value is as good as it should be."""
        return value <= self.value if self.at_most else value >= self.value


class MeasureRule(NamedTuple):
    """`method`: how it is worked out, in one sentence. `parts`: its cases fall into these, under these names."""

    label: str
    unit: str
    method: str
    target: Target
    parts: Mapping[Part, str]


_REPLY: Final = "2022 年复函"
SHARE: Final = "比例"

MEASURES: Final[Mapping[Measure, MeasureRule]] = {
    Measure.ONLINE: MeasureRule(
        "全程网办率",
        SHARE,
        "本月登记的办件中，全程网办的占全部",
        Target(0.77, _REPLY),
        {Part.YES: "全程网办", Part.NO: "其他方式"},
    ),
    Measure.COMPRESSION: MeasureRule(
        "时限压缩比",
        SHARE,
        "1 减去承诺时限之和除以法定时限之和；法定时限为零的不计",
        Target(0.81, _REPLY),
        {Part.YES: "承诺短于法定", Part.NO: "承诺等于法定"},
    ),
    Measure.TRIPS: MeasureRule(
        "平均跑动次数",
        "次",
        "办完的办件到大厅的平均次数：现场递交一次，大厅领取一次；上门取送和网上申请为零",
        Target(0.21, _REPLY, at_most=True),
        {Part.NONE: "零跑动", Part.ONE: "跑一次", Part.TWO: "跑两次"},
    ),
    Measure.IMMEDIATE: MeasureRule(
        "即办件比例",
        SHARE,
        "本月登记的办件中，即办件占全部",
        Target(0.51, _REPLY),
        {Part.YES: "即办件", Part.NO: "承诺件"},
    ),
    Measure.ON_TIME: MeasureRule(
        "按时办结率",
        SHARE,
        "承诺时限内作出决定的，占已决定或已到期的办件",
        Target(1.0, "对外承诺"),
        {Part.YES: "按时", Part.NO: "逾期"},
    ),
}
