"""In-city handlings that an officer decides."""

from domain.terms import CaseStatus, WireEvent
from storage.cases.proposals import ProposalEnd
from web.answers.base import Answer, Moment


class ProposalOpen(Answer):
    """A decision that waits for a second officer; `by`: who has proposed it."""

    event: WireEvent
    by: str
    at: Moment


class HandlingLine(Answer):
    """`next`: the events that may be said now. `step`: of joint handling; `given`: what the steps before have given.

    `origin`: whose hall has collected the papers. `legalDueAt`: the soonest end of the law's clocks, None where none
    runs; `workdaysLeft`: until then, None where business time runs faster. `heldBy`: which officer has it.
    `eventCount`: how many events were said about it, for `seen` of a decision.
    """

    handling_no: str
    case_no: str
    item_code: str
    item_name: str
    step: str | None
    given: list[str]
    origin: str
    region: str
    status: CaseStatus
    status_label: str
    round: int
    withdrawal_asked: bool
    result_travels: bool
    legal_due_at: Moment | None
    workdays_left: int | None
    held_by: str | None
    held_since: Moment | None
    proposal: ProposalOpen | None
    event_count: int
    next: list[WireEvent]


class HandlingList(Answer):
    """One page; `next` goes into `after`."""

    handlings: list[HandlingLine]
    next: str | None


class DecisionTaken(Answer):
    """The event is committed and takes effect in order; with a `proposalId` once a second officer has confirmed it."""

    handling_no: str
    event: WireEvent
    received_at: Moment
    proposal_id: int | None


class Holding(Answer):
    """Which officer has a handling; None: nobody."""

    handling_no: str
    held_by: str | None


class ProposalEnded(Answer):
    """What came of a proposal."""

    handling_no: str
    proposal_id: int
    event: WireEvent
    outcome: ProposalEnd
