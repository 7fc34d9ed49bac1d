"""Figures for supervisors."""

from enum import StrEnum

from pydantic import Field

from domain.terms import CaseStatus, Partner, Scheme
from web.answers.base import Answer, Moment


class FigureName(StrEnum):
    """The figures, in the order of the report."""

    CASES = "cases"
    ONLINE_SHARE = "onlineShare"
    TIME_SAVED = "timeSaved"
    TIME_COMPRESSION = "timeCompression"
    ON_TIME_SHARE = "onTimeShare"
    IMMEDIATE_SHARE = "immediateShare"
    MEAN_TRIPS = "meanTrips"
    TRIPS_SAVED = "tripsSaved"
    SATISFACTION = "satisfaction"
    REWORK = "rework"
    ONE_HOUR = "oneHour"


class StatusCount(Answer):
    """Open and closed cases of a status."""

    status: CaseStatus
    label: str
    count: int


class SchemeCount(Answer):
    """Cases of a network."""

    scheme: Scheme
    label: str
    count: int


class DoorFigures(Answer):
    """The one-hour promise; `share`: of 1, null where nothing was judged."""

    promised: int
    kept: int
    broken: int
    at_risk: int
    share: float | None


class PartnerWaited(Answer):
    """A network that does not answer."""

    partner: Partner
    handlings: int
    since: Moment


class Dashboard(Answer):
    """Cases, clocks, tasks, doors, networks, at one moment. `overdue`, `dueSoon`: cases, not clocks."""

    at: Moment
    open: int
    by_status: list[StatusCount]
    by_scheme: list[SchemeCount]
    overdue: int
    due_soon: int
    tasks: int
    door: DoorFigures
    waiting_partners: list[PartnerWaited]


class FigurePart(Answer):
    """Some of the cases behind a figure; `cases` only where they were asked for."""

    label: str
    value: int | float
    cases: list[str] = []


class FigureShown(Answer):
    """`of`: how many it rests on; `method`: how it is worked out."""

    name: FigureName
    label: str
    value: int | float | None
    unit: str
    of: int
    method: str
    parts: list[FigurePart]


class QuarterReport(Answer):
    """A quarter, `from` … `to` (the end is not in it)."""

    period: str
    from_: Moment = Field(alias="from")
    to: Moment
    scaled_cases: int
    figures: list[FigureShown]
