"""The five measures, and the cases behind them."""

from pydantic import Field

from domain.measures import Measure, Part
from web.answers.base import Answer, Moment


class TargetShown(Answer):
    """`value`: to be reached from below, or from above with `atMost`. `source`: who says so."""

    value: float
    source: str
    at_most: bool


class MeasurePart(Answer):
    """Some of the cases behind a measure."""

    part: Part
    label: str
    count: int


class MonthValue(Answer):
    """A measure in a month; `value` is null where it rests on nothing."""

    month: str
    value: int | float | None
    of: int


class MeasureFigure(Answer):
    """A measure. `of`: on how many cases it rests; `met`: whether it reaches its target, null without a value."""

    name: Measure
    label: str
    unit: str
    method: str
    value: int | float | None
    of: int
    target: TargetShown
    met: bool | None
    parts: list[MeasurePart]
    trend: list[MonthValue]


class MonthMeasures(Answer):
    """A month, `from` … `to` (the end is not in it), as far as is known at `at`."""

    month: str
    from_: Moment = Field(alias="from")
    to: Moment
    at: Moment
    measures: list[MeasureFigure]


class MeasuredCases(Answer):
    """Numbers of the cases behind a measure, or a part of it, latest first. `next`: the page after this one."""

    measure: Measure
    part: Part | None
    month: str
    cases: list[str]
    next: str | None
