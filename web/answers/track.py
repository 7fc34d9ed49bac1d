"""What the applicant reads without logging in."""

from typing import Literal

from pydantic import Field

from domain.terms import CaseStatus, Leg, ParcelStage
from web.answers.base import Answer, Moment
from web.answers.case_papers import PaperLacking
from web.answers.clocks import ResponsibleNow
from web.answers.fees import FeeTold
from web.answers.said import WordSaid


class StationTold(Answer):
    """One station of a line. `state`: `done`, `here` or `ahead`; `at`: when it was reached, where that is known."""

    label: str
    state: Literal["done", "here", "ahead"]
    at: Moment | None


class Missing(Answer):
    """One paper that is still to be brought. `until`: the last day as people say it, null where none was named."""

    name: str
    why: str
    until: str | None


class ParcelTold(Answer):
    """`promise`: a sentence, null before anything is decided. `stations`: its way from end to end."""

    leg_id: str
    leg: Leg
    label: str
    tracking_no: str | None
    stage: ParcelStage
    sentence: str
    promise: str | None
    stations: list[StationTold]


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


class PaperAgain(Answer):
    """A paper that was lost or destroyed, and how its applicant has it again."""

    name: str
    how: str


class ClaimTold(Answer):
    """A claim for a parcel of the applicant's: what is done, by whom and until when (`until`: null when it is over)."""

    leg_id: str
    sentence: str
    until: Moment | None
    papers: list[PaperAgain]


class StepTold(Answer):
    """One step of joint handling, at its place."""

    step: str
    place: str
    status: CaseStatus
    status_label: str


class Standing(Answer):
    """Where the matter stands; `next`: a sentence; `said`: by the authorities, oldest first. The name is masked.

    `then`: what happens next, who does it and until when, "" where `next` has said it all. `missing`: what is still to
    be brought. `progress`: the case's own line, from the registration to the end.
    `handoverCodes`: what the applicant says next when a parcel changes hands.

    `steps`: of joint handling with an order, else none. `lacking`: papers that are not there as said. `claims`: for
    parcels that are late, damaged, incomplete or lost.
    """

    case_no: str
    item_name: str
    applicant: str
    status: CaseStatus
    status_label: str
    next: str
    then: str
    missing: list[Missing]
    progress: list[StationTold]
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
    claims: list[ClaimTold]
