"""The quarter in the form of the district's reply (复函口径): the volumes of its networks and its five measures.

From sums and not case by case, so that it is on a page at once; the whole report with its cases is
`/api/v1/reports/{period}`, and says the same.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.measures import Measure
from domain.model import Frozen
from domain.terms import Scheme
from storage.cases.tallies import Tally, tallies
from web.views.measures import MeasureShown, Month, measures, months_of
from web.views.quarter_figures import Period


class QuarterPreview(Frozen):
    """`volumes`: cases per network; one of two networks counts in both. `cases`: in all."""

    period: Period
    cases: int
    volumes: dict[Scheme, int]
    measures: tuple[MeasureShown, ...]

    @property
    def label(self) -> str:
        """2026年四季度."""
        return f"{self.period.name[:4]}年{'一二三四'[int(self.period.name[-1]) - 1]}季度"

    @property
    def volume_sentence(self) -> str:
        """As the reply has it: 全区“跨省通办”办件量达 12 件，…."""
        told = "，".join(f"“{scheme.label}”办件量达 {count} 件" for scheme, count in self.volumes.items())
        return f"{self.label}，全区{told}。"

    @property
    def measure_sentence(self) -> str:
        """As the reply has it: 依申请类政务服务事项“全程网办”达77%、…."""
        told = (
            f"{_IN_THE_REPLY[each.name]} {each.said}" if each.value is not None else f"{each.label}暂无数据"
            for each in self.measures
        )
        return f"跨地域通办事项{'、'.join(told)}。"


def quarter_preview(session: Session, period: Period, now: datetime) -> QuarterPreview:
    """What the reply would say of a quarter at `now`."""
    whole = Month(name=period.name, start=period.start, end=period.end)
    carried, names = tallies(session, Tally.CARRIED)[Tally.CARRIED], months_of(whole)
    shown = measures(session, whole, now, trend=False)
    return QuarterPreview(
        period=period,
        cases=shown[0].of,
        volumes={scheme: sum(carried.get(f"{month}/{scheme}", 0) for month in names) for scheme in _ORDER},
        measures=shown,
    )


_IN_THE_REPLY = {
    Measure.ONLINE: "“全程网办”达",
    Measure.COMPRESSION: "时限压缩比达",
    Measure.TRIPS: "平均跑动次数为",
    Measure.IMMEDIATE: "即办件比例为",
    Measure.ON_TIME: "按时办结率为",
}
_ORDER = (Scheme.INTERPROVINCIAL, Scheme.SOUTHWEST, Scheme.CHUANYU, Scheme.QUANYU)
"""As the reply names them."""
