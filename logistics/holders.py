"""Who holds which paper right now (材料在谁手里), and how many were counted: derived from the legs (courier.md §3)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from domain.model import Frozen
from domain.papers import SightingPlace
from domain.terms import PARCEL_RANK, Leg, ParcelStage
from logistics.paper_counts import ListCount, found_of, place_of
from logistics.scans import PaperLine

S = ParcelStage


class HolderKind(StrEnum):
    """Where a paper can be (保管方)."""

    APPLICANT = "applicant"  # 申请人
    COURIER = "courier"  # 投递员
    OUTLET = "outlet"  # 邮政网点
    HALL = "hall"  # 我方大厅
    CARRIER = "carrier"  # 邮政运输途中
    AUTHORITY = "authority"  # 办理地大厅
    NOBODY = "nobody"  # 查找中


class Holder(Frozen):
    """`id`: the courier, the outlet, or the region of the authority's hall; None for the others."""

    kind: HolderKind
    id: str | None = None


APPLICANT, HALL = Holder(kind=HolderKind.APPLICANT), Holder(kind=HolderKind.HALL)
_NOBODY = Holder(kind=HolderKind.NOBODY)


class LastCount(Frozen):
    """The count that counts: the last one. `by`: who has counted."""

    event_id: str
    found: int
    place: SightingPlace
    by: str
    at: datetime


class HeldPaper(Frozen):
    """One paper, who holds it, and its last count. `goes_back`: to the applicant, where it is collected at the hall."""

    paper: PaperLine
    holder: Holder
    count: LastCount | None = None
    goes_back: bool = True


class LegFacts(Frozen):
    """What one leg says.

    region    of the other end's hall, for FORWARD and BACK
    status    the stage that people see
    held_by   courier or outlet who scanned it last, None before anybody took it
    counts    of its papers, in their order
    """

    leg: Leg
    region: str
    papers: tuple[PaperLine, ...]
    status: ParcelStage
    picked_up: bool
    held_by: str | None = None
    counts: tuple[ListCount, ...] = ()


class CountedAtHall(Frozen):
    """Our window has counted one paper by itself: brought later, or counted again."""

    paper_no: str
    count: LastCount


class Collected(Frozen):
    """The applicant has collected at the hall what goes back."""


Happened = LegFacts | CountedAtHall | Collected


def holders(
    starting: Iterable[HeldPaper], happened: Iterable[Happened], outlets: frozenset[str] = frozenset()
) -> tuple[HeldPaper, ...]:
    """Each paper with its holder: from where it started, along the legs that carried it, in their order.

    What was counted as not there does not travel: it stays with who should have given it, and is looked for where it
    was counted before.
    """
    now = list(starting)
    for one in happened:
        match one:
            case LegFacts():
                now = _along(now, one, outlets)
            case CountedAtHall():
                now = [_at_hall(held, one.count) if held.paper.paper_no == one.paper_no else held for held in now]
            case Collected():
                now = [_given(held) for held in now]
    return tuple(now)


def _given(held: HeldPaper) -> HeldPaper:
    mine = held.holder == HALL and held.goes_back
    return held.model_copy(update={"holder": APPLICANT}) if mine else held


def _at_hall(held: HeldPaper, count: LastCount) -> HeldPaper:
    holder = HALL if count.found else (_NOBODY if held.holder == HALL else held.holder)
    return held.model_copy(update={"holder": holder, "count": count})


def _along(now: list[HeldPaper], leg: LegFacts, outlets: frozenset[str]) -> list[HeldPaper]:
    """The papers after one leg; those that it does not carry stay as they are."""
    after = _after(leg, outlets)
    places = [_place_in(held.paper, leg.papers) for held in now]
    counted = [(count, found_of(leg.papers, count.lines)[0]) for count in leg.counts]
    moved = []
    for held, place in zip(now, places, strict=True):
        if place is None:
            moved.append(held)
            continue
        found = [pieces[place] for _, pieces in counted]
        holder = held.holder if after is None else _holder(held.holder, after, leg, found)
        last = _last(leg, counted[-1][0], found[-1]) if counted else held.count
        moved.append(held.model_copy(update={"holder": holder, "count": last}))
    return moved


def _holder(before: Holder, after: Holder, leg: LegFacts, found: list[int]) -> Holder:
    if not found or found[-1]:
        return after
    counted_when_taken = leg.counts[0].stage is S.PICKED_UP
    if counted_when_taken and not any(found):
        return before  # it was never handed over
    return _NOBODY


def _last(leg: LegFacts, count: ListCount, found: int) -> LastCount:
    place = place_of(leg.leg, count.stage, handed_over=count.handed_over)
    return LastCount(event_id=count.event_id, found=found, place=place, by=count.by, at=count.at)


def _place_in(paper: PaperLine, listed: tuple[PaperLine, ...]) -> int | None:
    """Where a paper stands on a list, by its number, or by name and form where the list is from before numbers."""
    for place, line in enumerate(listed):
        same = line.paper_no == paper.paper_no if line.paper_no else (line.name, line.form) == (paper.name, paper.form)
        if same:
            return place
    return None


def _after(leg: LegFacts, outlets: frozenset[str]) -> Holder | None:
    """Who holds a leg's papers; None: it has not taken them yet, or has given them back."""
    if leg.status is S.LOST:
        return _NOBODY
    if leg.status in (S.DELIVERED, S.HALL_CHECKED):
        return _end(leg)
    begun = leg.picked_up or PARCEL_RANK.get(leg.status, 0) >= PARCEL_RANK[S.PICKED_UP]
    if not begun or leg.status in (S.RETURNED, S.CANCELLED):
        return None
    if leg.leg in (Leg.FORWARD, Leg.BACK) and leg.held_by not in outlets:
        return Holder(kind=HolderKind.CARRIER)
    kind = HolderKind.OUTLET if leg.held_by in outlets else HolderKind.COURIER
    return Holder(kind=kind, id=leg.held_by)


def _end(leg: LegFacts) -> Holder:
    if leg.leg is Leg.FORWARD:
        return Holder(kind=HolderKind.AUTHORITY, id=leg.region)
    return APPLICANT if leg.leg is Leg.DELIVERY else HALL
