"""Deadlines, and who must act before they end."""

from pydantic import Field

from domain.messages import DeadlineKind, Responsible
from web.answers.base import Answer, Moment


class ClockShown(Answer):
    """`workdaysLeft`: negative when it is over, null where business time runs faster. `place`: of a joint case only."""

    kind: DeadlineKind
    label: str
    handling_no: str | None
    place: str | None
    start_at: Moment
    warn_at: Moment
    due_at: Moment
    workdays_left: int | None
    overdue: bool
    responsible: Responsible
    responsible_label: str
    provisional: bool
    calendar_version: str


class ResponsibleNow(Answer):
    """当前责任方: who, for what, until when; `overdue` where there is an end."""

    party: str
    label: str
    for_: str = Field(alias="for")
    until: Moment | None
    overdue: bool = False


class TaskClock(Answer):
    """The clock that a task is about; `DOOR_PROMISE` and `CLAIM` beside the deadlines of the law."""

    kind: str
    label: str
    due_at: Moment | None
    overdue: bool
    responsible: Responsible | None
    responsible_label: str | None


class PartyNamed(Answer):
    """Who must act."""

    party: str
    label: str
