"""Who holds which paper of a case, as counted, and how it got there, in words (材料去向)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import regions
from domain.dossier import Dossier
from domain.papers import PaperOrigin, SightingPlace
from logistics.holders import HeldPaper, Holder, HolderKind
from logistics.outlets import Outlet
from parcels.outlets import outlets_now
from parcels.paper_trail import standing
from parcels.passports import drafts, new_paper
from storage.cases.rows import CaseRow, handlings_of
from storage.parcels import papers as passports
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperRow, PaperSightingRow, sightings_of
from web.views.wording import SIGHTINGS

_WORDS = {
    HolderKind.APPLICANT: "申请人",
    HolderKind.HALL: "区政务服务大厅",
    HolderKind.CARRIER: "邮政运输途中",
    HolderKind.NOBODY: "正在查找",
}


def papers_of(session: Session, case: CaseRow, dossier: Dossier) -> list[dict[str, Any]]:
    """Each paper with its holder, its last count and its sightings, as JSON (`PaperHeld`)."""
    papers = _all(session, case, dossier)
    legs = list(
        session.scalars(select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at, LegRow.leg_id))
    )
    outlets = {outlet.id: outlet for outlet in outlets_now(session)}
    seen: dict[str, list[PaperSightingRow]] = {}
    for sighting in sightings_of(session, case.case_no):
        seen.setdefault(sighting.paper_no, []).append(sighting)
    valid = {count["event_id"] for leg in legs for count in leg.state.get("counts", ())}
    held = standing(session, case.case_no, papers, legs)
    return [
        _shown(paper, where, outlets) | {"sightings": [_seen(one, valid) for one in seen.get(paper.paper_no, [])]}
        for paper, where in zip(papers, held, strict=True)
        if paper.origin != PaperOrigin.FOUND or paper.there
    ]


def _all(session: Session, case: CaseRow, dossier: Dossier) -> list[PaperRow]:
    """The papers with passports, and those that get theirs with the next parcel."""
    known = passports.papers_of(session, case.case_no)
    have = {paper.source for paper in known}
    named = drafts(case, dossier, handlings_of(session, case.case_no))
    new = [draft for draft in named if draft.source not in have]
    number = max((paper.number for paper in known), default=0)
    rows = [new_paper(case.case_no, draft, number + place, case.registered_at) for place, draft in enumerate(new, 1)]
    return [*known, *rows]


def _shown(paper: PaperRow, held: HeldPaper, outlets: dict[str, Outlet]) -> dict[str, Any]:
    holder, count = held.holder, held.count
    return {
        "paperNo": paper.paper_no,
        "name": paper.name,
        "form": paper.form,
        "origin": paper.origin,
        "round": paper.round or 0,
        "handlingNo": paper.handling_no,
        "count": count.found if count is not None else paper.count,
        "pages": paper.pages,
        "said": paper.count,
        "counted": count.found if count is not None else None,
        "countedBy": count.by if count is not None else None,
        "countedAt": count.at.isoformat() if count is not None else None,
        "countedWhere": count.place if count is not None else None,
        "differs": paper.differs,
        "decision": paper.decision,
        "fate": paper.fate,
        "holder": {"kind": holder.kind, "id": holder.id, "label": _label(holder, outlets)},
    }


def _seen(sighting: PaperSightingRow, valid: set[str]) -> dict[str, Any]:
    """`valid`: events of counts that nobody has taken back."""
    counted_on_the_way = sighting.leg_id is not None and sighting.counted is not None
    counted_on_the_way &= sighting.place != SightingPlace.HAND_OVER  # both sides have confirmed it
    return {
        "at": sighting.at.isoformat(),
        "place": sighting.place,
        "label": SIGHTINGS[SightingPlace(sighting.place)],
        "by": sighting.by,
        "said": sighting.said,
        "counted": sighting.counted,
        "void": counted_on_the_way and sighting.event_id not in valid,
    }


def _label(holder: Holder, outlets: dict[str, Outlet]) -> str:
    match holder.kind:
        case HolderKind.COURIER:
            return f"投递员 {holder.id}" if holder.id else "投递员"
        case HolderKind.OUTLET:
            return f"{outlets[holder.id].name}网点" if holder.id in outlets else "邮政网点"
        case HolderKind.AUTHORITY:
            region = regions.find(holder.id or "")
            return f"{region.full_name if region else holder.id}政务服务大厅"
    return _WORDS[holder.kind]
