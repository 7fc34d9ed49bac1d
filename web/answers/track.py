"""What the applicant reads without logging in."""

from domain.terms import CaseStatus, Leg, ParcelStage
from web.answers.base import Answer, Moment
from web.answers.clocks import ResponsibleNow
from web.answers.said import WordSaid


class ParcelTold(Answer):
    """`promise`: a sentence, null before anything is decided."""

    leg: Leg
    label: str
    tracking_no: str | None
    stage: ParcelStage
    sentence: str
    promise: str | None


class Standing(Answer):
    """Where the matter stands; `next`: a sentence; `said`: by the authorities, oldest first. The name is masked."""

    case_no: str
    item_name: str
    applicant: str
    status: CaseStatus
    status_label: str
    next: str
    responsible_now: ResponsibleNow | None
    closed: bool
    due_at: Moment | None
    said: list[WordSaid]
    parcels: list[ParcelTold]
