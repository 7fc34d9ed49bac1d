"""A list of papers counted (清点): which paper each counted line is, and how many of it there were."""

from collections.abc import Sequence
from datetime import datetime

from domain.model import Frozen
from domain.papers import SightingPlace
from domain.terms import Leg, ParcelStage
from logistics.scans import PaperLine


class ListCount(Frozen):
    """One count of a parcel's papers: `by` a courier, an outlet, a party or a device, `at` the time that counts."""

    event_id: str
    stage: ParcelStage
    at: datetime
    by: str
    handed_over: bool = False
    lines: tuple[PaperLine, ...]


def found_of(listed: Sequence[PaperLine], lines: Sequence[PaperLine]) -> tuple[list[int], tuple[PaperLine, ...]]:
    """(pieces found of each paper of `listed`, in its order; lines that are on no list).

    A line names its paper by number, else by name and form; of two papers of one name the first is filled up first,
    and what is too much of a name is counted to the last of them.
    """
    found = [0] * len(listed)
    strangers: list[PaperLine] = []
    by_number = {paper.paper_no: place for place, paper in enumerate(listed) if paper.paper_no is not None}
    for line in lines:
        if line.paper_no in by_number:
            found[by_number[line.paper_no]] += line.count
            continue
        places = [place for place, paper in enumerate(listed) if (paper.name, paper.form) == (line.name, line.form)]
        if not places:
            strangers.append(line)
            continue
        left = line.count
        for place in places:
            taken = min(left, max(listed[place].count - found[place], 0))
            found[place] += taken
            left -= taken
        found[places[-1]] += left
    return found, tuple(line for line in strangers if line.count)


def place_of(leg: Leg, stage: ParcelStage, *, handed_over: bool = False) -> SightingPlace:
    """Where a scan of this leg sees the papers."""
    if stage is ParcelStage.HALL_CHECKED:
        return SightingPlace.HALL
    if handed_over:
        return SightingPlace.HAND_OVER
    match leg, stage:
        case (Leg.PICKUP, ParcelStage.PICKED_UP) | (Leg.DELIVERY, ParcelStage.DELIVERED):
            return SightingPlace.DOOR
        case (Leg.FORWARD, ParcelStage.DELIVERED) | (Leg.BACK, ParcelStage.PICKED_UP):
            return SightingPlace.AUTHORITY
        case (Leg.PICKUP | Leg.BACK, ParcelStage.DELIVERED) | (Leg.FORWARD | Leg.DELIVERY, ParcelStage.PICKED_UP):
            return SightingPlace.HALL
    return SightingPlace.BAG
