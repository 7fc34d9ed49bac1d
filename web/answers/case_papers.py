"""Papers of a case counted at the window, and what lacks."""

from domain.papers import PaperDecision
from web.answers.base import Answer


class PaperTaken(Answer):
    """A count of the window's. `said`: pieces that there should be; `differs`: it is still not what was said."""

    paper_no: str
    said: int
    counted: int
    differs: bool


class PaperLacking(Answer):
    """A paper that is not there as said, as the applicant reads it; `decision`: null until it was agreed upon."""

    name: str
    said: int
    counted: int
    decision: PaperDecision | None
