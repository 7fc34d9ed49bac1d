"""Cases about the same matter (重复办件): one person, one item, one place."""

from domain.terms import CaseStatus
from web.answers.base import Answer, Moment


class SameMatterShown(Answer):
    """Another case of the same person, item and region; `closedAt` null: it is open.

    `mine`: of the clerk's own unit. Else `case_no` has its last four digits only, and `unit_name` says where it is.
    """

    case_no: str
    mine: bool
    unit_name: str | None
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
