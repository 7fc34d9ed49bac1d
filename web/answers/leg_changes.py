"""Changes of a visit: what may be changed and what would follow, what was changed."""

from pydantic import Field

from domain.leg_changes import ChangeKind
from domain.terms import Leg
from web.answers.base import Answer, Moment


class ChangeOffered(Answer):
    """One kind of change. `why`: the sentence where it is not `allowed`; `consequence`: what would follow."""

    kind: ChangeKind
    label: str
    allowed: bool
    why: str | None
    consequence: str


class WindowOffered(Answer):
    """An appointment that may be chosen; `label`: 今天 15:00–15:30. `to_at`: of the half hour's end."""

    from_at: Moment
    to_at: Moment
    label: str


class ChangeMade(Answer):
    """One change. `by`: a login, or `applicant`; `before`, `after`: in words, people masked, null for nothing.

    `promised_before`, `promised_after`: until when somebody was to be at the door; null: nothing was promised.
    """

    version: int
    kind: ChangeKind
    label: str
    by: str
    at: Moment
    before: str | None
    after: str | None
    promised_before: Moment | None
    promised_after: Moment | None


class LegChangesShown(Answer):
    """What may be changed about a visit now; `version` goes with the change."""

    case_no: str
    leg_id: str
    leg: Leg
    version: int
    address: str | None
    contact: str | None
    window: str | None
    options: list[ChangeOffered]
    windows: list[WindowOffered]
    changes: list[ChangeMade]


class LegChanged(Answer):
    """What has come of a change: the version since, a sentence, and until when somebody is to be at the door now."""

    case_no: str
    leg_id: str
    version: int
    kind: ChangeKind
    sentence: str
    deadline_at: Moment | None = Field(description="null where nothing is promised")
