"""Who holds which paper of a case, in words (材料去向)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import regions
from domain.dossier import Dossier
from domain.terms import Leg, MaterialForm, ParcelStage, Provided
from logistics.holders import APPLICANT, HALL, HeldPaper, Holder, HolderKind, LegFacts, holders
from logistics.outlets import Outlet
from logistics.scans import PaperLine
from parcels.outlets import outlets_now
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, handlings_of
from storage.parcels.legs import LegRow

_ON_PAPER = frozenset({Provided.ORIGINAL, Provided.COPY})
_WORDS = {
    HolderKind.APPLICANT: "申请人",
    HolderKind.HALL: "区政务服务大厅",
    HolderKind.CARRIER: "邮政运输途中",
    HolderKind.NOBODY: "正在查找",
}


def papers_of(session: Session, case: CaseRow, dossier: Dossier) -> list[dict[str, Any]]:
    """Each paper with its holder: `{name, form, count, holder: {kind, id, label}}`."""
    rows = list(session.scalars(select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at)))
    handed = session.scalar(select(CaseEventRow.at).filter_by(case_no=case.case_no, kind="HANDED_OVER").limit(1))
    outlets = {outlet.id: outlet for outlet in outlets_now(session)}
    start = [*_brought(dossier), *_results(handlings_of(session, case.case_no))]
    held = holders(start, map(_facts, rows), frozenset(outlets))
    return [_shown(each, handed is not None, outlets) for each in held]


def _brought(dossier: Dossier) -> list[HeldPaper]:
    """What the applicant gives: at the window, or to the courier who is still to come."""
    first = APPLICANT if dossier.pickup is not None else HALL
    papers = [(material, first) for material in dossier.materials]
    papers += [(material, HALL) for supplement in dossier.supplements for material in supplement.materials]
    return [
        HeldPaper(paper=PaperLine(name=material.name, form=material.form, count=1), holder=holder)
        for material, holder in papers
        if material.provided in _ON_PAPER
    ]


def _results(handlings: list[HandlingRow]) -> list[HeldPaper]:
    """What the authority has made, from the moment when it says so."""
    return [
        HeldPaper(
            paper=PaperLine(name=handling.result["name"], form=MaterialForm.ORIGINAL, count=1),
            holder=Holder(kind=HolderKind.AUTHORITY, id=handling.region),
        )
        for handling in handlings
        if handling.result is not None and handling.result.get("form") != "electronic"
    ]


def _facts(leg: LegRow) -> LegFacts:
    return LegFacts(
        leg=Leg(leg.leg),
        region=leg.region,
        papers=tuple(PaperLine.model_validate(line) for line in leg.manifest),
        status=ParcelStage(leg.stage),
        picked_up=leg.state.get("picked_up") is not None,
        held_by=leg.state.get("holder"),
    )


def _shown(held: HeldPaper, handed_over: bool, outlets: dict[str, Outlet]) -> dict[str, Any]:
    holder = held.holder
    if handed_over and holder == HALL and held.paper.form is MaterialForm.ORIGINAL:
        holder = APPLICANT  # collected at the hall; copies and forms stay in the file
    shown = {"kind": holder.kind, "id": holder.id, "label": _label(holder, outlets)}
    return held.paper.model_dump(mode="json") | {"holder": shown}


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
