"""What the applicant reads without logging in."""

from pydantic import Field

from domain.terms import CaseStatus, Leg, ParcelStage
from web.answers.base import Answer, Moment
from web.answers.case_papers import PaperLacking
from web.answers.clocks import ResponsibleNow
from web.answers.fees import FeeTold
from web.answers.said import WordSaid


class ParcelTold(Answer):
    """`promise`: a sentence, null before anything is decided."""

    leg: Leg
    label: str
    tracking_no: str | None
    stage: ParcelStage
    sentence: str
    promise: str | None


class CodeTold(Answer):
    """A code that the applicant says when a parcel changes hands: for what, 6 digits in two groups, when to say it."""

    what: str
    code: str
    say: str


class ResultToFetch(Answer):
    """An electronic result that its applicant may fetch with the code on his receipt, or one that is sent to him."""

    handling_no: str
    name: str
    media_type: str
    size: int = Field(description="bytes")
    available_at: Moment | None


class StepTold(Answer):
    """One step of joint handling, at its place."""

    step: str
    place: str
    status: CaseStatus
    status_label: str


class Standing(Answer):
    """Where the matter stands; `next`: a sentence; `said`: by the authorities, oldest first. The name is masked.

    `handoverCodes`: what the applicant says next when a parcel changes hands.

    `steps`: of joint handling with an order, else none. `lacking`: papers that are not there as said.
    """

    case_no: str
    item_name: str
    applicant: str
    status: CaseStatus
    status_label: str
    next: str
    steps: list[StepTold]
    responsible_now: ResponsibleNow | None
    closed: bool
    due_at: Moment | None
    fee: FeeTold | None
    said: list[WordSaid]
    results: list[ResultToFetch]
    may_rate: bool
    parcels: list[ParcelTold]
    handover_codes: list[CodeTold]
    lacking: list[PaperLacking]
