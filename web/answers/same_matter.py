"""Cases about the same matter (重复办件): one person, one item, one place."""

from domain.terms import CaseStatus
from web.answers.base import Answer, Moment


class SameMatterShown(Answer):
    """Another case of the same person, item and region; `closedAt` null: it is open."""

    case_no: str
    item_name: str
    region: str
    region_name: str
    status: CaseStatus
    status_label: str
    registered_at: Moment
    closed_at: Moment | None


class SameMatters(Answer):
    """Open, or ended within 30 days; the latest first, 20 at most."""

    cases: list[SameMatterShown]


class SameMatterReason(Answer):
    """Why a case was registered beside others; `cases`: their numbers. `reason` null: not for this reader."""

    reason: str | None
    cases: list[str]
    by: str
    at: Moment
