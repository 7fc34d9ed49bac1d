"""Drafts of new cases: whose they are and how old, never what was typed."""

from web.answers.base import Answer, Moment


class DraftState(Answer):
    """Who holds a draft now. `caseNo`: it is registered. `version`: rises with each save and take-over."""

    id: str
    owner: str
    mine: bool
    version: int
    item_name: str | None
    saved_at: Moment
    case_no: str | None


class DraftLine(DraftState):
    """A draft in the list of its unit. `who`: the applicant, masked; "" while nobody is named."""

    who: str


class DraftList(Answer):
    """All of the clerk's unit, the latest first."""

    drafts: list[DraftLine]
