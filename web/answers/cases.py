"""Cases in lists, and what each step at the window answers."""

from pydantic import Field

from catalog.intake import IntakeChannel
from domain.terms import AuthorisationKind, CaseStatus, Leg, Mode, Partner, Scheme, TrustGrade
from web.answers.base import Answer, Day, Facts, Kept, Moment


class CaseLine(Answer):
    """A case (办件) as a line of a list. `dueAt`: the next boundary that somebody must meet."""

    case_no: str
    item_code: str
    item_name: str
    scheme: Scheme
    mode: Mode
    status: CaseStatus
    status_label: str
    on_hold: bool
    withdrawal_pending: bool
    registered_at: Moment
    due_at: Moment | None
    closed_at: Moment | None
    time_scale: float


class CaseListed(CaseLine):
    """`who`: the applicant, masked; empty if not kept. `holder`: who must act; `keeper`: who looks after it."""

    who: str
    where: str
    holder: str
    keeper: str | None
    workdays_left: int | None


class CaseList(Answer):
    """One page. `total` counts to 1,000; `next` goes into `after`."""

    total: int
    total_more: bool
    cases: list[CaseListed]
    next: str | None


class StartedHandling(Answer):
    """One authority's share (办理) of a new case, and why this network carries it.

    `step`: what it does there in joint handling. `after`: numbers of those that must be approved before it begins.
    """

    handling_no: str
    region: str
    role: str | None
    step: str | None
    after: list[str]
    scheme: Scheme
    partner: Partner | None
    mode: Mode
    legs: list[Leg]
    reason: str


class DeferredMaterial(Answer):
    """A material that is owed (容缺)."""

    seq: int
    name: str
    due_at: Moment


class CaseStarted(Answer):
    """A registered case. `countsFrom`: the first day that its limits count."""

    case_no: str
    status: CaseStatus
    handlings: list[StartedHandling]
    registered_at: Moment
    time_scale: float
    channel: IntakeChannel
    counts_from: Day
    deferred: list[DeferredMaterial]


class HistoryEvent(Answer):
    """One business event; `id` rises and is never used twice."""

    id: int
    kind: str
    label: str
    handling_no: str | None
    at: Moment
    actor: str | None
    data: Facts | None


class CaseHistory(Answer):
    """The history of a case, oldest first."""

    events: list[HistoryEvent]


class StreamedEvent(HistoryEvent):
    """`data` of a `case` event in a stream."""

    case_no: str


class SupplementTaken(Answer):
    """Supplements (补正) are in the dossier and on their way to the authority."""

    case_no: str
    handling_no: str
    round: int
    received_at: Moment


class WithdrawalTaken(Answer):
    """A withdrawal (撤回) waits for the authority's word, or takes effect at once."""

    case_no: str
    withdrawal_pending: bool
    received_at: Moment


class DeferredTaken(Answer):
    """`stillOwed`: numbers of the materials that have not come yet."""

    case_no: str
    still_owed: list[int]
    received_at: Moment


class MaterialVerified(Answer):
    """A scan that was compared with its original."""

    case_no: str
    seq: int
    grade: TrustGrade


class AuthorisationShown(Answer):
    """On what an agent acts (帮代办授权); `until`: last day."""

    kind: AuthorisationKind
    until: Day | None
    document_sha256: str | None = Field(alias="documentSha256")
    original_seen: bool


class AgentShown(Answer):
    """An agent (帮代办人), masked; `id` is the same for one person in every case."""

    id: str
    name: str
    authorisation: AuthorisationShown | None


class AgentNamed(Answer):
    """Who acts for the applicant from now on."""

    case_no: str
    agent: AgentShown | None


class RatingKept(Kept):
    """好差评: `score` 1 … 5; `rework`: how a bad one ended."""

    score: int
    side: str
    at: Moment


class Rated(Answer):
    """The rating as it counts."""

    case_no: str
    rating: RatingKept
