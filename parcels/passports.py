"""A passport for each paper of a case (材料通行证): issued once, whoever asks; from then on it says where it is."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.dossier import Dossier, DossierMaterial
from domain.papers import PaperOrigin, SightingPlace
from domain.terms import MaterialForm, Provided
from logistics.holders import HolderKind
from storage.cases.rows import CaseRow, HandlingRow, handlings_of
from storage.parcels.papers import PaperRow, PaperSightingRow, add_sightings, papers_of

ON_PAPER = frozenset({Provided.ORIGINAL, Provided.COPY})


@dataclass(frozen=True)
class Draft:
    """A paper that has or should have a passport; members as of `PaperRow`."""

    source: str
    origin: PaperOrigin
    name: str
    form: MaterialForm
    start: HolderKind
    start_id: str | None = None
    handling_no: str | None = None
    round: int = 0
    seq: int | None = None
    count: int = 1
    pages: int = 1
    travels: bool = False
    keep: bool = False


def issue(
    session: Session,
    case: CaseRow,
    dossier: Dossier,
    now: datetime,
    *,
    by: str | None = None,
    later: bool = False,
    first: bool = False,
) -> list[PaperRow]:
    """Passports for every paper of the dossier and every paper result that has none; returns all of the case.

    `by`: the clerk who takes in hand, and so has counted, what is new at the window. `later`: what is new was owed
    until now (容缺): it stays in our hall. `first`: the case is new, so that nothing of it is known yet.
    """
    known = [] if first else papers_of(session, case.case_no)
    have = {paper.source: paper for paper in known}
    named = list(drafts(case, dossier, [] if first else handlings_of(session, case.case_no)))
    new = [draft for draft in named if draft.source not in have]
    for draft in named:  # another decision may name another result, as long as nobody has seen the first
        if draft.origin is PaperOrigin.RESULT and draft.source in have and have[draft.source].counted is None:
            have[draft.source].name = draft.name
    if later:
        new = [replace(draft, start=HolderKind.HALL, travels=False) for draft in new]
    number = max((paper.number for paper in known), default=0)
    rows = [new_paper(case.case_no, draft, number + place, now) for place, draft in enumerate(new, start=1)]
    session.add_all(rows)
    if by is not None:
        count_at_window(session, [row for row in rows if row.start == HolderKind.HALL], by, now)
    session.flush()
    return [*known, *rows]


def new_paper(case_no: str, draft: Draft, number: int, now: datetime) -> PaperRow:
    """The row of a paper that was never seen."""
    return PaperRow(
        paper_no=f"{case_no}-P{number}",
        case_no=case_no,
        number=number,
        **asdict(draft),
        issued_at=now,
        place=draft.start,
        place_id=draft.start_id,
    )


def count_at_window(session: Session, papers: list[PaperRow], by: str, now: datetime) -> None:
    """A clerk has taken these papers in hand, each as said."""
    for row in papers:
        row.counted, row.counted_by, row.counted_at, row.counted_where = row.count, by, now, SightingPlace.WINDOW
    add_sightings(session, [at_window(row, f"issued/{row.source}", row.count, by, now) for row in papers])


def at_window(row: PaperRow, event_id: str, counted: int, by: str, now: datetime) -> PaperSightingRow:
    """What the window has counted of one paper."""
    return PaperSightingRow(
        case_no=row.case_no,
        paper_no=row.paper_no,
        event_id=event_id,
        leg_id=None,
        place=SightingPlace.WINDOW,
        said=row.count,
        counted=counted,
        by=by,
        at=now,
        recorded_at=now,
    )


def drafts(case: CaseRow, dossier: Dossier, handlings: list[HandlingRow]) -> Iterator[Draft]:
    """Every paper of a case: what was brought with it, what came for a supplement, what the authorities have made."""
    kept = _kept(case.item)
    first = HolderKind.APPLICANT if dossier.pickup is not None else HolderKind.HALL
    for place, material in enumerate(dossier.materials):
        if material.provided in ON_PAPER:
            original = material.provided is Provided.ORIGINAL
            yield replace(_brought(material, f"case/{place}", first, kept), travels=original)
    for given in dossier.supplements:
        for place, material in enumerate(given.materials):
            if material.provided in ON_PAPER:
                source = f"{given.handling_no}/{given.round}/{place}"
                yield replace(
                    _brought(material, source, HolderKind.HALL, kept),
                    handling_no=given.handling_no,
                    round=given.round,
                    travels=given.originals and material.provided is Provided.ORIGINAL,
                )
    for handling in handlings:
        if handling.result is not None and handling.result.get("form") != "electronic":
            yield _result(handling, handling.result)


def _brought(material: DossierMaterial, source: str, start: HolderKind, kept: frozenset[int]) -> Draft:
    return Draft(
        source=source,
        origin=PaperOrigin.APPLICANT,
        name=material.name,
        form=material.form,
        start=start,
        seq=material.seq,
        count=material.count,
        pages=material.pages,
        keep=material.form is not MaterialForm.ORIGINAL or material.seq in kept,
    )


def _result(handling: HandlingRow, result: dict[str, Any]) -> Draft:
    here = handling.partner is None and not handling.result_travels
    return Draft(
        source=f"{handling.handling_no}/result",
        origin=PaperOrigin.RESULT,
        name=result["name"],
        form=MaterialForm.ORIGINAL,
        start=HolderKind.HALL if here else HolderKind.AUTHORITY,
        start_id=None if here else handling.region,
        handling_no=handling.handling_no,
    )


def _kept(item: dict[str, Any]) -> frozenset[int]:
    """Numbers of the materials that the authority keeps for its file (留存), by the item as it was registered."""
    return frozenset(material["seq"] for material in item.get("materials", ()) if material.get("kept"))
