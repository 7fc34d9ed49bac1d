"""What a case or a leg carries from one run of its workflow to the next (continue-as-new, or opened again).

Everything that was received and not dealt with yet is in it, and the id of every Update received: the server recognises
a repeated Update within one run only. No personal data, like in every message of a workflow.
"""

from datetime import datetime

from pydantic import Field

from domain.messages import (
    AuthorityEvent,
    CalendarChanged,
    CaseStart,
    ClockOrder,
    CommandOrder,
    CompensationDue,
    Deadline,
    HandedOver,
    HoldNotice,
    LegEffect,
    LegOutcome,
    LegPlan,
    LegResult,
    SupplementGiven,
    TaskResolved,
    WithdrawalAsked,
)
from domain.model import Frozen, is_unset
from domain.terms import CaseStatus, ResultForm

QueuedEvent = (
    AuthorityEvent
    | SupplementGiven
    | HoldNotice
    | TaskResolved
    | WithdrawalAsked
    | LegEffect
    | CalendarChanged
    | CompensationDue
)
"""What may happen to a handling."""


class QueuedEventCarried(Frozen):
    """One thing that happened and was not dealt with yet; exactly one of the fields is set."""

    authority: AuthorityEvent | None = None
    supplement: SupplementGiven | None = None
    hold: HoldNotice | None = None
    verdict: TaskResolved | None = None
    withdrawal: WithdrawalAsked | None = None
    leg: LegEffect | None = None
    calendar: CalendarChanged | None = None
    undoing: CompensationDue | None = Field(default=None, exclude_if=is_unset)

    @property
    def item(self) -> QueuedEvent:
        """The value of the one field that is set."""
        found: QueuedEvent = next(value for _, value in self if value is not None)
        return found

    @classmethod
    def of(cls, item: QueuedEvent) -> "QueuedEventCarried":
        """Put an event into the field of its type, so that it can be told apart again after JSON."""
        match item:
            case AuthorityEvent():
                return cls(authority=item)
            case SupplementGiven():
                return cls(supplement=item)
            case HoldNotice():
                return cls(hold=item)
            case TaskResolved():
                return cls(verdict=item)
            case WithdrawalAsked():
                return cls(withdrawal=item)
            case LegEffect():
                return cls(leg=item)
            case CalendarChanged():
                return cls(calendar=item)
            case CompensationDue():
                return cls(undoing=item)


class ClockCarried(Frozen):
    """One running clock of a case or handling.

    `announced`: how many of its boundaries have passed and were recorded (0: not even the warning). `order`: what
    started it, from which a new calendar computes new times; None for a clock of an older run.
    """

    deadline: Deadline
    announced: int = 0
    order: ClockOrder | None = None


class LimitsCarried(Frozen):
    """When a handling was accepted, and the spans that do not count towards its days to decide.

    `accepted_at`: None before acceptance. `silence`: the acceptance clock that ended without a word, so that the law
    counts as accepted (§32). `suspended_at`: since when a special procedure runs. `asked_at`: since when a supplement
    is awaited that was asked for after acceptance. `excluded`: (begin, end) of each span that is over.
    `extended_workdays`: by which the days to decide were extended so far (§42).
    """

    accepted_at: datetime | None = None
    silence: Deadline | None = None
    suspended_at: datetime | None = None
    asked_at: datetime | None = None
    excluded: tuple[tuple[datetime, datetime], ...] = ()
    extended_workdays: int = Field(default=0, exclude_if=lambda days: days == 0)


class ReturnCarried(Frozen):
    """What must still come back from an authority to our hall.

    `forwarded`: originals are with the authority. `form`, `result_sha256`: of the result that the decision names.
    `sent`: the RESULT_SENT event, None until it comes. `followed_leg`: leg id of the BACK leg that brings it.
    `arrived`: that leg is over.
    """

    forwarded: bool = False
    form: ResultForm | None = None
    result_sha256: str | None = None
    sent: AuthorityEvent | None = None
    followed_leg: str | None = None
    arrived: bool = False


class HandlingCarried(Frozen):
    """Where one authority's course stands.

    `news`: events received and not dealt with, oldest first. `holds`: task id → the authority's other decision, None
    for a refused command. `refusals`: command key → how often it was refused. `orders`: command key → the order, to be
    sent again. `served`: the clock of §44 was started. `issued`: the paper of our own city lies with what is handed
    over. `supplement_leg`: leg id of the FORWARD leg with the missing originals.
    """

    status: CaseStatus
    submitted: bool = False
    followed: bool = Field(default=False, description="decided, and everything back: only listened to since")
    brought_back: bool = False
    issued: bool = False
    decided_at: datetime | None = None
    withdrawal_sent: bool = False
    served: bool = False
    fetched_sha256: str | None = None
    available_sha256: str | None = Field(default=None, exclude_if=is_unset, description="the applicant may fetch it")
    news: tuple[QueuedEventCarried, ...] = ()
    holds: dict[str, HoldNotice | None] = {}
    refusals: dict[str, int] = {}
    orders: dict[str, CommandOrder] = {}
    clocks: tuple[ClockCarried, ...] = ()
    limits: LimitsCarried = LimitsCarried()
    back: ReturnCarried = ReturnCarried()
    supplement_round: int = 0
    supplement_leg: str | None = None
    undoing: str | None = Field(default=None, exclude_if=is_unset, description="id of the open task COMPENSATION")
    undone: bool = Field(default=False, exclude_if=is_unset, description="that task is resolved")


class DeferralCarried(Frozen):
    """What the applicant still owes (容缺).

    `owed`: sequence numbers of materials. `lapses`: how often the clock has ended. `open_lapse`: key of the task that
    asks a person what is to happen; None: none is open. `given_up`: a person has ended the waiting.
    """

    begun: bool = False
    over: bool = False
    owed: tuple[int, ...] = ()
    given_up: bool = False
    lapses: int = 0
    open_lapse: str | None = None
    clocks: tuple[ClockCarried, ...] = ()


class PaperGateCarried(Frozen):
    """What holds the case back because papers were not counted as said (清点不符).

    `parcel`: leg id whose count differed, None: none did. `begun`: the waiting is recorded. `awaited`: the applicant
    is to bring what lacks. `without`: the case goes on without it. `lapses`: how often that clock has ended.
    """

    parcel: str | None = None
    begun: bool = False
    awaited: bool = False
    without: bool = False
    brings: bool = Field(default=False, exclude_if=is_unset, description="the visit was cancelled: all of them come so")
    lapses: int = 0
    clocks: tuple[ClockCarried, ...] = ()


class CollectionCarried(Frozen):
    """Papers that wait at the hall (自取).

    `task_key`: of the task COLLECT_AT_HALL; None: nothing waits. `handed_over`: received and not dealt with yet.
    """

    task_key: str | None = None
    handed_over: HandedOver | None = None
    clocks: tuple[ClockCarried, ...] = ()


class LicencesCarried(Frozen):
    """The check of electronic licences. `round`: so often it was ordered. `asked`: key of the task that is open."""

    over: bool = False
    round: int = 0
    asked: str | None = None


class LegsCarried(Frozen):
    """The parcels of a case between two runs.

    `numbers`: `{handling no}-{leg}` → how many were made, so that the next gets the next number. `booked`: with a
    waybill and not sent. `running`: every leg whose result was not taken yet. `ended`: results of those of `running`
    that are over. `broken`: leg id → key of the task that asks what is to happen.
    """

    numbers: dict[str, int] = {}
    booked: tuple[LegPlan, ...] = ()
    running: tuple[LegPlan, ...] = ()
    ended: tuple[LegResult, ...] = ()
    broken: dict[str, str] = {}  # leg id → key of the task that asks what is to happen


class CaseCarried(Frozen):
    """A case between two runs; `storage.cases.rows:CaseRow.carried` keeps it as JSON once the case has closed."""

    changes: int = Field(description="steps recorded so far; their keys count on")
    handlings: dict[str, HandlingCarried] = Field(description="by handling number")
    outcome: CaseStatus | None = None
    on_hold: tuple[str, ...] = ()
    withdrawal_pending: bool = False
    stopped_early: CaseStatus | None = Field(
        default=None, description="before anything was passed on, and by which end"
    )
    fetched: bool = Field(default=False, description="the papers are no longer at the door")
    collected: bool = False
    submitting: bool = False
    papers_in_hall: bool = False
    withheld: bool = Field(default=False, description="容缺: what was owed never came, the hall keeps the result")
    goes_out: tuple[str, ...] | None = Field(
        default=None,
        exclude_if=lambda numbers: numbers is None,
        description="handlings whose papers are on the way from our hall to the applicant; None: nothing is",
    )
    closed: bool = Field(default=False, description="the run before ended with the case; else it continued as new")
    legs: LegsCarried = LegsCarried()
    deferral: DeferralCarried = DeferralCarried()
    collection: CollectionCarried = CollectionCarried()
    licences: LicencesCarried | None = Field(default=None, exclude_if=is_unset)
    papers: PaperGateCarried = Field(default=PaperGateCarried(), exclude_if=lambda gate: gate == PaperGateCarried())
    seen: tuple[str, ...] = Field(default=(), description="ids of Updates and leg stages heard, oldest first")

    @classmethod
    def beginning(cls, start: CaseStart) -> "CaseCarried":
        """A case that begins: nothing has happened, and what is deferred is owed."""
        return cls(changes=0, handlings={}, deferral=DeferralCarried(owed=start.deferred))


class LegCarried(Frozen):
    """A leg between two runs.

    `effects`, `verdicts`: received and not dealt with, oldest first. `delivered`: the effect of the delivery, for its
    time and signer. `reports_end`: the end is signalled to the case, whose new run has no handle. `next_look_at`: when
    the promise is looked at again. `quiet_looks`: looks in a row without news. `seen`: `{epoch}-{stage}` of each effect
    and the ids of the other Updates.
    """

    tracking_no: str | None = None
    effects: tuple[LegEffect, ...] = ()
    verdicts: tuple[TaskResolved, ...] = ()
    delivered: LegEffect | None = None
    ended: LegOutcome | None = None
    in_custody: bool = False
    damaged: bool = Field(default=False, exclude_if=is_unset, description="a scan has said so")
    cancel_asked: bool = False
    called_off: bool = Field(default=False, exclude_if=is_unset, description="by who has ordered it, not by its case")
    reports_end: bool = False
    next_look_at: datetime
    quiet_looks: int = 0
    seen: tuple[str, ...] = ()


class CaseRun(CaseStart):
    """Input of CaseWorkflow. `carried`: where the run before has left the case; None where it begins."""

    carried: CaseCarried | None = Field(default=None, exclude_if=is_unset)


class LegRun(LegPlan):
    """Input of DeliveryWorkflow. `carried`: from a run before, whose history had grown long."""

    carried: LegCarried | None = Field(default=None, exclude_if=is_unset)
