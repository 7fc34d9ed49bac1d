"""Returned or kept (退回、留存): of each paper that is with an authority when it sends its parcel back.

As the authority says it, where its wire can; else as the item's rule says; what the hall counts decides in the end.
"""

from collections.abc import Sequence

from domain.named_papers import NamedPaper
from domain.papers import PaperFate, PaperOrigin
from domain.terms import MaterialForm, WireEvent
from logistics.holders import HolderKind
from storage.cases.rows import HandlingRow
from storage.parcels.papers import PaperRow


def with_authority(paper: PaperRow, handling: HandlingRow) -> bool:
    """Whether a paper is in the hands of this handling's authority. What is on its way there is not."""
    there = paper.place == HolderKind.AUTHORITY and paper.place_id == handling.region and paper.there > 0
    return there and paper.handling_no in (None, handling.handling_no)


def settle_fates(
    papers: Sequence[PaperRow],
    handling: HandlingRow,
    returned: Sequence[NamedPaper] | None = None,
    kept: Sequence[NamedPaper] | None = None,
) -> None:
    """Write what becomes of what is with the authority. `returned`, `kept`: its words; None: it has said nothing."""
    for paper in papers:
        if with_authority(paper, handling):
            paper.fate = _fate(paper, handling, returned, kept)


def _fate(
    paper: PaperRow,
    handling: HandlingRow,
    returned: Sequence[NamedPaper] | None,
    kept: Sequence[NamedPaper] | None,
) -> PaperFate | None:
    if paper.origin == PaperOrigin.RESULT:
        return PaperFate.RETURNED
    if _named(paper, kept):
        return PaperFate.KEPT
    if _named(paper, returned):
        return PaperFate.RETURNED
    if _by_rule(paper, handling):
        return PaperFate.KEPT
    # Named in neither of its lists: it is there still, and nobody has said that it stays.
    return PaperFate.RETURNED if returned is None else None


def _named(paper: PaperRow, papers: Sequence[NamedPaper] | None) -> bool:
    return any(one.name == paper.name for one in papers or ())


def _by_rule(paper: PaperRow, handling: HandlingRow) -> bool:
    """Copies and forms are the file's; an original that the item's rule keeps, once the matter is approved."""
    return paper.keep and (paper.form != MaterialForm.ORIGINAL or handling.decision == WireEvent.APPROVED)


def owed_back(papers: Sequence[PaperRow], handling: HandlingRow) -> list[PaperRow]:
    """Originals of the applicant's that should come back from this authority, or are still on their way to it."""
    return [paper for paper in papers if _is_owed(paper, handling)]


def _is_owed(paper: PaperRow, handling: HandlingRow) -> bool:
    if paper.origin == PaperOrigin.RESULT or paper.fate == PaperFate.KEPT or _by_rule(paper, handling):
        return False
    mine = paper.handling_no in (None, handling.handling_no) and paper.there > 0
    return with_authority(paper, handling) or (mine and paper.travels and paper.place == HolderKind.CARRIER)
