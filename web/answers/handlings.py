"""In-city handlings that an officer decides."""

from domain.terms import CaseStatus, WireEvent
from web.answers.base import Answer, Moment


class HandlingLine(Answer):
    """`next`: the events that may be said now. `step`: of joint handling; `given`: what the steps before have given."""

    handling_no: str
    case_no: str
    item_name: str
    step: str | None
    given: list[str]
    region: str
    status: CaseStatus
    status_label: str
    round: int
    withdrawal_asked: bool
    result_travels: bool
    next: list[WireEvent]


class HandlingList(Answer):
    """One page; `next` goes into `after`."""

    handlings: list[HandlingLine]
    next: str | None


class DecisionTaken(Answer):
    """The event is committed and takes effect in order."""

    handling_no: str
    event: WireEvent
    received_at: Moment
