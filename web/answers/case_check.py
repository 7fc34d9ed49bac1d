"""What registration would say of a case that is still being typed."""

from web.answers.base import Answer
from web.answers.same_matter import SameMatterShown


class CheckFault(Answer):
    """One thing to put right. `field`: as `POST /cases` names it, "" for none. `lacks`: it is only not there yet.

    `seq`: of the material it is about.
    """

    field: str
    detail: str
    lacks: bool
    seq: int | None


class SectionCheck(Answer):
    """One part of the page. `section`: item, places, applicant, form, materials, post, consent.

    `state`: ok, lacks (something is not there yet), wrong (something would be refused as it is), open (cannot be said
    before other parts are there). `said`: a sentence for the clerk.
    """

    section: str
    state: str
    said: str
    faults: list[CheckFault]


class CaseCheck(Answer):
    """Section by section. `ready`: registration would take it. `cases`: others about the same matter (重复办件).

    `result`, `fee`: in words, how the result comes and what it costs.
    """

    ready: bool
    sections: list[SectionCheck]
    result: str
    fee: str
    cases: list[SameMatterShown]
