"""Every message between people, partners, the carrier and a case. No personal data in any of them.

New fields get defaults; fields are never renamed or re-typed, so recorded histories stay valid.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.model import Frozen
from domain.terms import (
    CaseStatus,
    CommandKind,
    ItemKind,
    Leg,
    Mode,
    Notice,
    ParcelStage,
    Partner,
    ResultForm,
    Scheme,
    SignerKind,
    WireEvent,
)


class ItemBrief(Frozen):
    """What a case must remember of its item, whatever the catalogue says later (事项快照)."""

    code: str
    name: str
    kind: ItemKind
    statutory_days: int = Field(ge=0, description="working days, 法定时限; 0 for 即办件")
    promised_days: int = Field(ge=0, description="working days, 承诺时限")
    is_licence: bool = Field(default=True, description="行政许可: silence after receipt counts as acceptance (§32)")


class HandlingPlan(Frozen):
    """One authority's share of a case (办理), as routed at the window."""

    handling_no: str
    region: str = Field(description="GB/T 2260, 6 digits")
    role: str | None = None
    scheme: Scheme
    partner: Partner | None = Field(description="None: in-city, the officer's queue")
    mode: Mode
    originals_travel: bool = Field(description="a FORWARD leg: originals go to the authority's hall")
    result_travels: bool = Field(description="a BACK leg: paper result or originals come back")


class CaseStart(Frozen):
    """Input of CaseWorkflow."""

    case_no: str
    item: ItemBrief
    handlings: tuple[HandlingPlan, ...]
    pickup: bool = Field(description="a courier fetches the papers at the door")
    delivery: bool = Field(description="the result is brought to the door; else collected at the hall")
    registered_at: datetime
    time_scale: float = Field(default=1.0, gt=0)
    papers_kept: bool = Field(default=True, description="papers of the applicant stay in our hands until handed over")
    deferred: tuple[int, ...] = Field(default=(), description="sequence numbers of materials still owed (容缺)")
    deferral_workdays: int | None = Field(default=None, description="days to hand them in, from the registration")


class AuthorityEvent(Frozen):
    """Update `authority_event`: an event that the wire table has judged (id = the sender's message id).

    Texts (reasons, names of materials) stay in the exchange log; only what decides is here.
    """

    handling_no: str
    message_id: str
    event: WireEvent
    occurred_at: datetime
    round: int | None = None
    deadline_workdays: int | None = None
    result_form: ResultForm | None = None
    tracking_no: str | None = None
    result_sha256: str | None = Field(default=None, description="a file to be fetched from the authority")
    snapshot: bool = False


class HoldReason(StrEnum):
    """Why a person must decide before a handling goes on."""

    CONTRADICTION = "CONTRADICTION"
    COMMAND_REFUSED = "COMMAND_REFUSED"  # by a receipt that came later (B); `message_id` is the command's key


class HoldNotice(Frozen):
    """Update `hold`: a contradiction or a refused command puts a handling on hold for a person."""

    handling_no: str
    message_id: str
    reason_code: str
    theirs: WireEvent | None = None


class SupplementGiven(Frozen):
    """Update `supplement`: the applicant's missing papers are at the window (id = Idempotency-Key)."""

    handling_no: str
    round: int
    originals: bool = Field(default=False, description="paper originals must travel again")
    papers_kept: bool = Field(default=False, description="paper originals stay in our hall")


class DeferredBrought(Frozen):
    """Update `deferred_brought`: materials that were owed are at the window (容缺补交)."""

    seqs: tuple[int, ...]
    papers_kept: bool = Field(default=False, description="paper originals stay in our hall")


class WithdrawalAsked(Frozen):
    """Update `withdraw`: the applicant asks to stop; the reason's text stays in the dossier."""

    request_id: str


class TaskOutcome(StrEnum):
    """How a person resolves a task (处置结果)."""

    RESUME = "resume"  # go on as we stand
    WAIT = "wait"  # 容缺: give the applicant more time
    ACCEPT_THEIRS = "accept_theirs"  # the authority's later word counts
    RELEASE_BATCH = "release_batch"
    REDELIVER = "redeliver"
    REDISPATCH = "redispatch"
    RESEND = "resend"
    ACKNOWLEDGE = "acknowledge"
    CLOSE_AS_FAILED = "close_as_failed"
    REWORKED = "reworked"  # 差评: put right (已整改)
    EXPLAINED = "explained"  # 差评: called back and explained (已说明)
    UNFOUNDED = "unfounded"  # 差评: not confirmed (经核实不属实)
    CHECKED_TRUE = "checked_true"  # 告知承诺: the promise was true
    CHECKED_FALSE = "checked_false"  # 告知承诺: false; revoked, credit record


class TaskResolved(Frozen):
    """Update `task_resolved` on a case or a leg."""

    task_id: str
    outcome: TaskOutcome
    handling_no: str | None = None


class CalendarChanged(Frozen):
    """Update `calendar_changed`: a new working-day table is in force."""

    version: str


class HandedOver(Frozen):
    """Update `handed_over`: the applicant (or agent) has collected everything at the hall."""

    request_id: str
    signer_kind: SignerKind = SignerKind.SELF


class LegPlan(Frozen):
    """Input of DeliveryWorkflow."""

    leg_id: str
    case_no: str
    handling_no: str
    leg: Leg
    time_scale: float = Field(default=1.0, gt=0)
    inbound_tracking_no: str | None = Field(default=None, description="BACK: the number that the sender gave")


class LegEffect(Frozen):
    """Update `scan_effect`: what a set of scans came to (id = `{leg}-{epoch}-{stage}`)."""

    leg_id: str
    epoch: int
    stage: ParcelStage
    occurred_at: datetime
    signer_kind: SignerKind | None = None
    verified: bool = True
    discrepancy: bool = Field(default=False, description="the papers are not what the list says, or damaged or lost")


class LegOutcome(StrEnum):
    """How a leg ended, a named result and not an exception."""

    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    LOST = "LOST"
    ABANDONED = "ABANDONED"  # a person has closed it


class LegResult(Frozen):
    """Result of DeliveryWorkflow."""

    leg_id: str
    leg: Leg
    outcome: LegOutcome
    tracking_no: str | None
    delivered_at: datetime | None = None
    signer_kind: SignerKind | None = None


class DeadlineKind(StrEnum):
    """The clocks that run over a case (时限)."""

    POSTING = "POSTING"  # 收件地寄出 ≤ 2 working days
    ACCEPTANCE = "ACCEPTANCE"  # 受理 or 补正告知 ≤ 5 working days; late: deemed accepted
    SUPPLEMENT_REPLY = "SUPPLEMENT_REPLY"  # the applicant's answer to a notice
    DECISION_PROMISED = "DECISION_PROMISED"  # 承诺时限
    DECISION_STATUTORY = "DECISION_STATUTORY"  # 法定时限
    RESULT_DELIVERY = "RESULT_DELIVERY"  # 送达 ≤ 10 working days after the decision
    INTERREGIONAL_LEG = "INTERREGIONAL_LEG"  # a stated expectation
    WITHDRAWAL = "WITHDRAWAL"  # an answer to our withdrawal
    COLLECTION = "COLLECTION"  # papers wait at the hall
    DEFERRED_MATERIAL = "DEFERRED_MATERIAL"  # 容缺材料 to be handed in; date of arrival counts
    SUSPENSION = "SUSPENSION"  # a special procedure (§45): asked after, because its own time has no limit
    RATING_REWORK = "RATING_REWORK"  # 差评整改


class Responsible(StrEnum):
    """Who must act before a deadline (责任方)."""

    WINDOW = "window"  # 收件窗口
    AUTHORITY = "authority"  # 属地审批部门
    APPLICANT = "applicant"  # 申请人
    POST = "post"  # 邮政


class Deadline(Frozen):
    """One clock: absolute times, computed once by an activity and stored."""

    kind: DeadlineKind
    handling_no: str | None = None
    start_at: datetime
    warn_at: datetime
    due_at: datetime
    responsible: Responsible
    escalate_at: tuple[datetime, ...] = Field(
        default=(), description="after the end, while it still runs: 责任部门负责人, then 区政务服务管理办公室"
    )
    provisional: bool = Field(default=False, description="reaches into a year without an official calendar")
    calendar_version: str = ""


class HandlingView(Frozen):
    """Query `view`, per handling."""

    handling_no: str
    status: CaseStatus
    waiting_for_partner_since: datetime | None = None
    forward: LegOutcome | None = None
    back: LegOutcome | None = None


class CaseView(Frozen):
    """Query `view`: where the workflow stands (for operators; people read the database)."""

    case_no: str
    status: CaseStatus
    on_hold: bool
    withdrawal_pending: bool
    handlings: tuple[HandlingView, ...]
    deadlines: tuple[Deadline, ...]


class CaseResult(Frozen):
    """Result of CaseWorkflow."""

    case_no: str
    status: CaseStatus


class ClockOrder(Frozen):
    """Start (or start again) a clock; an activity computes its times.

    `excluded` are spans that do not count (行政许可法 §45, special procedures).
    """

    kind: DeadlineKind
    start_at: datetime
    workdays: int | None = None
    excluded: tuple[tuple[datetime, datetime], ...] = ()


class TaskOrder(Frozen):
    """Open a task for a person; `key` makes it one task however often it is asked for."""

    key: str
    kind: str
    leg_id: str | None = None


class CaseChange(Frozen):
    """Everything that one step changes about a case, written in one transaction under `key`."""

    key: str
    case_no: str
    kind: str = Field(description="what happened, for the history")
    at: datetime
    case_status: CaseStatus
    on_hold: bool
    withdrawal_pending: bool
    handling_no: str | None = None
    handling_status: CaseStatus | None = None
    start: tuple[ClockOrder, ...] = ()
    stop: tuple[DeadlineKind, ...] = ()
    task: TaskOrder | None = None
    settles: tuple[str, ...] = Field(default=(), description="keys of tasks that this step has settled")
    closed: bool = False


class Recorded(Frozen):
    """The clocks that a change started, with their times."""

    deadlines: tuple[Deadline, ...] = ()


class CommandOrder(Frozen):
    """Say something to an authority; the dossier is read by the activity."""

    key: str
    case_no: str
    handling_no: str
    partner: Partner | None
    kind: CommandKind
    round: int = 1
    notice: Notice | None = None
    leg_id: str | None = None
    at: datetime


class FileOrder(Frozen):
    """Fetch a file that an authority's event named."""

    handling_no: str
    partner: Partner
    sha256: str


class CommandOutcome(StrEnum):
    """What became of a command."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"  # for good: a person decides
    OVERTAKEN = "OVERTAKEN"  # the authority has decided meanwhile


class CommandResult(Frozen):
    outcome: CommandOutcome
    code: str = ""


class LegBooked(Frozen):
    """A leg has a number and, at a door, a promise."""

    tracking_no: str | None
    placed: bool = Field(default=True, description="False: a person must place the address first")
    expected_at: datetime | None = None


class LookReason(StrEnum):
    """Why the leg is looked at again."""

    ORDERED = "ORDERED"
    BOUNDARY = "BOUNDARY"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    ASKED = "ASKED"
    MOVED = "MOVED"


class LegLookOrder(Frozen):
    """Look after a leg: its promise, its courier, its tasks."""

    leg_id: str
    reason: LookReason
    at: datetime


class LegLook(Frozen):
    """When to look again: the next boundary of the promise or of the expectation."""

    next_look_at: datetime


class LegClosing(Frozen):
    """What becomes of a leg that a person gives up. None: somebody holds the parcel, which goes back first."""

    outcome: LegOutcome | None = None


class LegEnd(Frozen):
    """A leg has ended."""

    leg_id: str
    outcome: LegOutcome
    at: datetime
