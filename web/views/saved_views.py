"""The saved views (常用视图) of the list of cases: what a person at the window asks again and again."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.messages import Responsible
from domain.terms import CaseStatus, Scheme
from logistics.service_calendar import CHINA
from storage.cases.case_list import CaseFilter


class View(StrEnum):
    """MINE: of the person who asks. TODAY: a clock ends today or has ended. COLLECT: waits at the hall."""

    MINE = "mine"
    TODAY = "today"
    APPLICANT = "applicant"
    AUTHORITY = "authority"
    COLLECT = "collect"
    ALL = "all"

    @property
    def label(self) -> str:
        """The view's name in Chinese, as people read it."""
        return _LABELS[self]


_LABELS: Final = {
    View.MINE: "我的",
    View.TODAY: "今天到期",
    View.APPLICANT: "等申请人",
    View.AUTHORITY: "等对方",
    View.COLLECT: "大厅待领",
    View.ALL: "全部",
}


def filter_of(
    view: View,
    username: str,
    now: datetime,
    *,
    q: str = "",
    statuses: tuple[CaseStatus, ...] = (),
    schemes: tuple[Scheme, ...] = (),
    region: str | None = None,
) -> CaseFilter:
    """What a view asks of the list; `username`: whose cases are mine. The other conditions hold besides."""
    one = statuses[0] if len(statuses) == 1 else None
    return CaseFilter(
        status=one,
        statuses=() if one else statuses,
        scheme=schemes[0] if len(schemes) == 1 else None,
        schemes=() if len(schemes) == 1 else schemes,
        q=q,
        region=region,
        keeper=username if view is View.MINE else None,
        due=end_of_today(now) if view is View.TODAY else None,
        awaits={View.APPLICANT: Responsible.APPLICANT, View.AUTHORITY: Responsible.AUTHORITY}.get(view),
        collect=view is View.COLLECT,
    )


def end_of_today(now: datetime) -> datetime:
    """The last moment of today, by the hall's clock."""
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1) - timedelta(microseconds=1)
