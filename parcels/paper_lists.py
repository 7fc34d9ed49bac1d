"""What a parcel carries (清单): of the papers that are where it starts, those that go with it, as many as there are."""

from typing import Any

from domain.messages import LegPlan
from domain.papers import PaperFate, PaperOrigin
from domain.terms import Leg, MaterialForm
from logistics.holders import HolderKind
from parcels.paper_fates import with_authority
from storage.cases.rows import HandlingRow
from storage.parcels.papers import PaperRow


def list_of(plan: LegPlan, handling: HandlingRow, papers: list[PaperRow], passed_on: bool) -> list[dict[str, Any]]:
    """The list of a parcel that is booked now: `name`, `form`, `count`, `paper_no`, `pages` of each paper.

    `passed_on`: whether an authority was asked at all; else everything goes back, copies and forms too.
    """
    match plan.leg:
        case Leg.PICKUP:
            chosen = [paper for paper in papers if paper.place == HolderKind.APPLICANT and not paper.round]
        case Leg.FORWARD:
            chosen = [paper for paper in papers if _goes_on(paper, plan, handling)]
        case Leg.BACK:
            chosen = [p for p in papers if with_authority(p, handling) and p.fate == PaperFate.RETURNED]
        case Leg.DELIVERY:
            chosen = [paper for paper in papers if _in_hall(paper) and (goes_back(paper) or not passed_on)]
    return [_line(paper) for paper in sorted(chosen, key=lambda paper: paper.origin != PaperOrigin.RESULT)]


def goes_back(paper: PaperRow) -> bool:
    """Whether a paper belongs into the applicant's hands at the end: results and originals; the rest is the file's."""
    return paper.origin != PaperOrigin.APPLICANT or paper.form == MaterialForm.ORIGINAL


def _in_hall(paper: PaperRow) -> bool:
    return paper.place == HolderKind.HALL and paper.there > 0


def _goes_on(paper: PaperRow, plan: LegPlan, handling: HandlingRow) -> bool:
    """With a supplement its own papers; else everything for this authority that lies here, sent for the first time or
    come back from the way."""
    mine = paper.handling_no in (None, handling.handling_no) and paper.travels and _in_hall(paper)
    return mine and (not plan.round or paper.round == plan.round)


def _line(paper: PaperRow) -> dict[str, Any]:
    return {
        "name": paper.name,
        "form": paper.form,
        "count": paper.there,
        "paper_no": paper.paper_no,
        "pages": paper.pages,
    }
