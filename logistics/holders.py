"""Who holds which paper right now (材料在谁手里): derived from the legs, never kept (courier.md §3)."""

from collections.abc import Iterable
from enum import StrEnum

from domain.model import Frozen
from domain.terms import PARCEL_RANK, Leg, ParcelStage
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


class HeldPaper(Frozen):
    """One paper and who holds it."""

    paper: PaperLine
    holder: Holder


class LegFacts(Frozen):
    """What one leg says.

    region    of the other end's hall, for FORWARD and BACK
    status    the stage that people see
    held_by   courier or outlet who scanned it last, None before anybody took it
    """

    leg: Leg
    region: str
    papers: tuple[PaperLine, ...]
    status: ParcelStage
    picked_up: bool
    held_by: str | None = None


def holders(
    starting: Iterable[HeldPaper], legs: Iterable[LegFacts], outlets: frozenset[str] = frozenset()
) -> tuple[HeldPaper, ...]:
    """Each paper with its holder: from where it started, along the legs that carried it, in their order."""
    now = list(starting)
    for leg in legs:
        names = {(paper.name, paper.form) for paper in leg.papers}
        taken = [held for held in now if (held.paper.name, held.paper.form) in names]
        after = _after(leg, outlets)
        if after is None:
            continue
        now = [held.model_copy(update={"holder": after}) if held in taken else held for held in now]
    return tuple(now)


def _after(leg: LegFacts, outlets: frozenset[str]) -> Holder | None:
    """Who holds a leg's papers; None: it has not taken them yet, or has given them back."""
    if leg.status is S.LOST:
        return Holder(kind=HolderKind.NOBODY)
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
