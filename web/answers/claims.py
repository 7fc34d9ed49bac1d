"""Claims for parcels that are late, damaged, incomplete or lost."""

from domain.claims import (
    Bearer,
    Behalf,
    ClaimKind,
    ClaimState,
    ClaimStep,
    MailService,
    RefusalGround,
    ReissueStatus,
)
from domain.terms import Leg, MaterialForm, ParcelStage
from web.answers.base import Answer, Moment


class ClaimFact(Answer):
    """What a scan (`stage`) or a count (`name`, `said`, `counted`) has said; `words`: the same as a sentence."""

    what: str
    words: str
    at: Moment
    stage: ParcelStage | None
    name: str | None
    said: int | None
    counted: int | None


class ClaimPaperShown(Answer):
    """A paper that the claim names. `key`: its passport's number. `issuer`, `how`: who reissues it, and how."""

    key: str
    name: str
    form: MaterialForm
    count: int
    issuer: str
    how: str
    bearer: Bearer
    bearer_label: str
    status: ReissueStatus
    status_label: str


class ClaimLine(Answer):
    """A claim in a list, sums in fen. `who`: the applicant, masked. `nextBy`: who acts next, "" where nobody has to."""

    claim_id: str
    case_no: str
    item_name: str
    who: str
    leg_id: str
    leg: Leg
    leg_label: str
    tracking_no: str | None
    kind: ClaimKind
    kind_label: str
    state: ClaimState
    state_label: str
    next_by: str
    next_what: str
    due_at: Moment | None
    overdue: bool
    asked_fen: int
    accepted_fen: int | None
    opened_at: Moment
    closed_at: Moment | None


class ClaimList(Answer):
    """One page of claims; `next`: for `after`, null at the end."""

    claims: list[ClaimLine]
    next: str | None


class ClaimEvent(Answer):
    """One step that was taken. `words`: what was said or the reason, null for who reads no words."""

    number: int
    step: ClaimStep
    label: str
    state: ClaimState
    at: Moment
    actor: str
    words: str | None
    inquiry_no: str | None
    fen: int | None
    ground: RefusalGround | None
    receipt_no: str | None
    paper: str | None
    status: ReissueStatus | None


class ClaimWriting(Answer):
    """A paper about the claim, to be printed."""

    title: str
    url: str


class ClaimShown(ClaimLine):
    """A claim with everything that belongs to it. `version`: to be sent with the next step.

    `steps`: what the caller may do now. `mostFen`: the most that the law gives, null where what is known sets no
    number; `ground`: why. `askUntil`: the last moment to ask or claim. `foundAgain`: the parcel has been heard of
    since. `statement`: what the applicant says, null for who reads no words. `documents`: SHA-256 of the evidence.
    """

    version: int
    service: MailService
    service_label: str
    behalf: Behalf
    behalf_label: str
    posted_at: Moment
    ask_until: Moment
    whole: bool
    gross: bool
    remote: bool
    insured_fen: int | None
    value_fen: int | None
    loss_fen: int | None
    postage_fen: int | None
    most_fen: int | None
    ground: str
    statement: str | None
    papers: list[ClaimPaperShown]
    documents: list[str]
    facts: list[ClaimFact]
    found_again: bool
    opened_by: str
    steps: list[ClaimStep]
    events: list[ClaimEvent]
    writings: list[ClaimWriting]


class ClaimPaperKnown(Answer):
    """A paper on the parcel's list. `lacks`: pieces that the last count did not find."""

    key: str
    name: str
    form: MaterialForm
    count: int
    lacks: int


class ClaimProposal(Answer):
    """A claim as scans and counts of a parcel would fill it in; `kind`: null where they show nothing."""

    leg_id: str
    leg_label: str
    kind: ClaimKind | None
    kind_label: str | None
    posted_at: Moment
    ask_until: Moment
    papers: list[ClaimPaperKnown]
    documents: list[str]
    facts: list[ClaimFact]


class CaseClaims(Answer):
    """The claims of a case, the first one first, and what else could be claimed."""

    case_no: str
    claims: list[ClaimShown]
    proposals: list[ClaimProposal]
