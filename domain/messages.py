"""Every message between people, partners, the carrier and a case. No personal data in any of them.

New fields get defaults; fields are never renamed or re-typed, so recorded histories stay valid.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.model import Frozen, is_unset
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
    step: str | None = Field(default=None, exclude_if=is_unset, description="of joint handling, what it does there")
    after: tuple[str, ...] = Field(
        default=(), exclude_if=is_unset, description="numbers of the handlings that must be approved before it begins"
    )
    originals_kept: bool = Field(
        default=False, exclude_if=is_unset, description="every original stays with the authority once it approves"
    )


EDITION = 4
"""Of the rules of cases and legs that start now; `workflow.patched` decides for those that bear an older one."""


class CaseStart(Frozen):
    """Input of CaseWorkflow for a case that begins. `time_scale`: business time runs so many times faster (sandbox)."""

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
    licences: tuple[int, ...] = Field(
        default=(), exclude_if=is_unset, description="materials whose electronic licence its office is asked about"
    )
    edition: int = Field(
        default=0,
        exclude_if=lambda edition: edition == 0,
        description="of the workflow's rules, so that new cases need no markers for what changed long ago",
    )


class AuthorityEvent(Frozen):
    """Update `authority_event`: an event that the wire table has judged.

    Update id: `{sender}/{message id}`, so that two networks of one case may use the same ids. `occurred_at`: when the
    authority says it happened. `deadline_workdays`: of NEED_SUPPLEMENT. `extended_workdays`: of a REVIEWING that
    extends the days to decide (行政许可法第四十二条). `snapshot`: queried over a gap, not sent to us.
    Texts (reasons, names of materials) stay in the inbox; only what decides is here.
    """

    handling_no: str
    message_id: str
    event: WireEvent
    occurred_at: datetime
    round: int | None = None
    deadline_workdays: int | None = None
    extended_workdays: int | None = Field(default=None, exclude_if=is_unset)
    result_form: ResultForm | None = None
    tracking_no: str | None = None
    result_sha256: str | None = Field(default=None, description="a file to be fetched from the authority")
    snapshot: bool = False


class HoldReason(StrEnum):
    """Why a person must decide before a handling goes on."""

    CONTRADICTION = "CONTRADICTION"
    COMMAND_REFUSED = "COMMAND_REFUSED"  # by a receipt that came later (B); `message_id` is the command's key


class HoldNotice(Frozen):
    """Update `hold`: a contradiction or a refused command puts a handling on hold for a person.

    `message_id`: of the contradicting message (Update id `{sender}/{message id}`), or the key of the refused command
    (Update id `receipt/{command key}/{attempts}`). `reason_code`: a HoldReason. `theirs`: the authority's other
    decision.
    """

    handling_no: str
    message_id: str
    reason_code: str
    theirs: WireEvent | None = None
    occurred_at: datetime | None = Field(default=None, exclude_if=is_unset, description="when theirs was decided")
    result_form: ResultForm | None = Field(default=None, exclude_if=is_unset)
    result_sha256: str | None = Field(default=None, exclude_if=is_unset)


class SupplementGiven(Frozen):
    """Update `supplement`: the applicant's missing papers are at the window.

    Update id: `{handling no}-supplement-{round}`.
    """

    handling_no: str
    round: int
    originals: bool = Field(default=False, description="paper originals must travel again")
    papers_kept: bool = Field(default=False, description="paper originals stay in our hall")


class DeferredBrought(Frozen):
    """Update `deferred_brought`: materials that were owed are at the window (容缺补交).

    `seqs`: their numbers in the dossier. Update id: `{case no}-deferred-{seqs joined by -}`.
    """

    seqs: tuple[int, ...]
    papers_kept: bool = Field(default=False, description="paper originals stay in our hall")


class PapersCounted(Frozen):
    """Update `papers_counted`: papers were counted at the window, or in a parcel whose leg is over.

    `paper_no`: the paper's, or the id of the leg. Update id: `{paper_no}-counted-{what}`. The numbers stay in the
    database; the case asks it again.
    """

    paper_no: str
    papers_kept: bool = Field(default=False, description="it lies in our hall now, to be handed over")


class PapersLook(Frozen):
    """Result of the activity `look_at_papers`: whether papers are not there as said.

    `undecided`: of at least one nobody has said what is to happen; `awaited`: at least one is to be brought yet.
    `without`: one lacks for good and the case goes on without it. `away`: handlings whose authority has papers that
    should come back, or to which they are still on the way. `unsettled`: handlings whose parcel back was counted
    otherwise than listed, while nobody has said what to make of it.
    """

    undecided: bool = False
    awaited: bool = False
    without: bool = False
    away: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()


class WithdrawalAsked(Frozen):
    """Update `withdraw`: the applicant asks to stop; the reason's text stays in the dossier.

    Update id: `{case no}-withdraw`. `request_id`: of the request, for the log.
    """

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
    RESTORED = "restored"  # 联办: undone, everything is as it was
    KEPT = "kept"  # 联办: what was approved stays good, and the rest is applied for anew
    LOOKED = "looked"  # 电子证照: a clerk has looked at it himself (B)
    CHECK_AGAIN = "check_again"  # 电子证照: its office is asked once more
    RECOUNTED = "recounted"  # 清点有误：重新清点，材料齐全
    BRING_LATER = "bring_later"  # 申请人补来，收到后继续
    GO_WITHOUT = "go_without"  # 不带这一份，先办
    GIVE_UP = "give_up"  # 申请人不办了，退还材料
    SETTLED = "settled"  # nobody had to decide: it closed itself, and no person may choose this


class CompensationDue(Frozen):
    """What a handling learns: it was approved, and the joint case cannot be completed any more.

    `because`: number of the handling that came to another end, or was never begun.
    """

    because: str


class TaskResolved(Frozen):
    """Update `task_resolved` on a case or a leg: a person has resolved a task. Update id: `task-{task id}`.

    `handling_no`: of the task; None: it concerns the whole case.
    """

    task_id: str
    outcome: TaskOutcome
    handling_no: str | None = None


class CalendarChanged(Frozen):
    """Update `calendar_changed`: a new working-day table is in force. `version`: its name.

    Update id: `{case no}-calendar-{row}`.
    """

    version: str


class HandedOver(Frozen):
    """Update `handed_over`: the applicant (or agent) has collected everything at the hall.

    Update id: `{case no}-handed-over`, with a number behind it from the second time on.
    """

    request_id: str
    signer_kind: SignerKind = SignerKind.SELF


class LegPlan(Frozen):
    """Input of DeliveryWorkflow. `leg_id`: `{handling no}-{leg}-{number}` (`domain.naming:leg_id`)."""

    leg_id: str
    case_no: str
    handling_no: str
    leg: Leg
    time_scale: float = Field(default=1.0, gt=0)
    inbound_tracking_no: str | None = Field(default=None, description="BACK: the number that the sender gave")
    resumed: bool = Field(default=False, exclude_if=is_unset, description="started again after its workflow broke off")
    round: int = Field(
        default=0, exclude_if=is_unset, description="FORWARD: of the supplement whose papers it carries; 0: of the case"
    )
    edition: int = Field(default=0, exclude_if=lambda edition: edition == 0)


class LegEffect(Frozen):
    """Update `scan_effect`: the stage that a set of scans has brought a leg to (decisions.md 6).

    Update id: `{leg id}-{epoch}-{stage}`. `epoch`: the attempt, from 1. `occurred_at`: when it happened, by the
    corrected time of the scan. `verified`: place and time are proved.
    """

    leg_id: str
    epoch: int
    stage: ParcelStage
    occurred_at: datetime
    signer_kind: SignerKind | None = None
    verified: bool = True
    discrepancy: bool = Field(default=False, description="the papers are not what the list says, or damaged or lost")


class VisitCancelled(Frozen):
    """Update `call_off`: somebody has cancelled the visit of this leg alone; the case goes on.

    Update id: `{leg id}-cancelled-{version}`. `version`: of the change (`storage.parcels.leg_changes`).
    """

    version: int


class LegOutcome(StrEnum):
    """How a leg ended: a result of DeliveryWorkflow, never an exception."""

    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    LOST = "LOST"
    ABANDONED = "ABANDONED"  # a person has closed it


class LegBroken(Frozen):
    """Update `leg_broken`: the workflow of a leg is gone (terminated, timed out, failed) and the leg is not over.

    Update id: `leg-broken/{run id}`, so that each lost run is delivered once. `run_id`: of the workflow that is gone.
    """

    leg_id: str
    run_id: str


class LegResult(Frozen):
    """Result of DeliveryWorkflow. `delivered_at`, `signer_kind`: None where nothing was delivered."""

    leg_id: str
    leg: Leg
    outcome: LegOutcome
    tracking_no: str | None
    delivered_at: datetime | None = None
    signer_kind: SignerKind | None = None
    differs: bool = Field(default=False, exclude_if=is_unset, description="its papers were not counted as listed")
    called_off: bool = Field(default=False, exclude_if=is_unset, description="CANCELLED alone: the case goes on")


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
    COMPENSATION = "COMPENSATION"  # 联办: what was approved is to be undone
    MISSING_PAPER = "MISSING_PAPER"  # a paper that was counted short is agreed upon, and brought


class Responsible(StrEnum):
    """Who must act before a deadline (责任方)."""

    WINDOW = "window"  # 收件窗口
    AUTHORITY = "authority"  # 属地审批部门
    APPLICANT = "applicant"  # 申请人
    POST = "post"  # 邮政


class Deadline(Frozen):
    """One clock: absolute times, computed once by an activity and stored.

    `handling_no` None: a clock of the whole case. `start_at` ≤ `warn_at` ≤ `due_at`.
    """

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


class CaseView(Frozen):
    """Query `view`: where the workflow stands (for operators; people read the database)."""

    case_no: str
    status: CaseStatus
    on_hold: bool
    withdrawal_pending: bool
    handlings: tuple[HandlingView, ...]
    deadlines: tuple[Deadline, ...]


class CaseResult(Frozen):
    """Result of CaseWorkflow: the joined status with which the case has closed."""

    case_no: str
    status: CaseStatus


class ClockOrder(Frozen):
    """Start (or start again) a clock; an activity computes its times by the calendar in force.

    `workdays`: None: the limit of law, item and agreement counts. `excluded`: (begin, end) of spans that do not count
    (行政许可法 §45, special procedures).
    """

    kind: DeadlineKind
    start_at: datetime
    workdays: int | None = None
    excluded: tuple[tuple[datetime, datetime], ...] = ()


class TaskOrder(Frozen):
    """Open a task for a person; `key` makes it one task however often it is ordered.

    `key`: `{handling or case no}/{kind}/{what}`, of a broken leg `{leg id}/LEG_BROKEN/{n}`. `kind`: a TaskKind.
    """

    key: str
    kind: str
    leg_id: str | None = None


class CommandOrder(Frozen):
    """Input of the activity `send_command`: say something to an authority; the activity reads the dossier.

    `key`: the idempotency key (`domain.naming:command_key`). `partner` None: in-city, the officer's queue. `round`: of
    a supplement. `notice`, `leg_id`: of a callback that we send. `at`: when the workflow decided it.
    """

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
    """Input of the activity `fetch_file`: a file that an authority's event named, by lower-case hex SHA-256."""

    handling_no: str
    partner: Partner
    sha256: str


class CommandOutcome(StrEnum):
    """What became of a command (指令结果)."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"  # for good: a person decides
    OVERTAKEN = "OVERTAKEN"  # the authority has decided meanwhile


class CommandResult(Frozen):
    """Result of the activity `send_command`. `code`: the partner's, where it is REFUSED; else ""."""

    outcome: CommandOutcome
    code: str = ""


class LegBooked(Frozen):
    """Result of the activity `book_leg`: a leg has a number and, between halls, an expectation.

    `expected_at`: when the alarm rings (between halls) or the promise ends (at a door); None: neither is known yet.
    """

    tracking_no: str | None
    placed: bool = Field(default=True, description="False: a person must place the address first")
    expected_at: datetime | None = None
    effects: tuple[LegEffect, ...] = Field(
        default=(), exclude_if=is_unset, description="of a leg that was under way before: what its scans have come to"
    )
    called_off: bool = Field(default=False, exclude_if=is_unset, description="its visit was cancelled meanwhile")


class LookReason(StrEnum):
    """Why the leg is looked at again."""

    ORDERED = "ORDERED"
    BOUNDARY = "BOUNDARY"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    ASKED = "ASKED"
    MOVED = "MOVED"


class LegLookOrder(Frozen):
    """Input of the activity `look_after`: look after a leg, its promise, its courier, its tasks."""

    leg_id: str
    reason: LookReason
    at: datetime
    quiet_looks: int = Field(
        default=0, exclude_if=lambda n: n == 0, description="looks in a row without anything having happened"
    )


class LegLook(Frozen):
    """Result of the activity `look_after`.

    `next_look_at`: the next boundary of the promise or of the expectation, or a moment to see if a courier was heard
    of.
    """

    next_look_at: datetime


class LegBegun(LegBooked):
    """Result of the activity `begin_leg`: booked, and looked after for the first time (`LegLook`)."""

    next_look_at: datetime


class LegClosing(Frozen):
    """Result of the activity `close_leg`: how a leg ends that a person gives up.

    `outcome` None: somebody holds the parcel, which goes back first; the leg goes on until it is there.
    """

    outcome: LegOutcome | None = None


class LegEnd(Frozen):
    """Input of the activity `end_leg`: a leg has ended. `at`: the workflow's time."""

    leg_id: str
    outcome: LegOutcome
    at: datetime
