"""Following the papers of a case along its parcels and through our window: places, counts, sightings.

`follow` is the one writer of places and counts; it derives them anew from legs and window (`logistics.holders`), so
that scans may come late, twice or in any order.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.papers import PaperFate, PaperOrigin, SightingPlace
from domain.terms import Leg, MaterialForm, ParcelStage
from logistics.holders import (
    Collected,
    CountedAtHall,
    Happened,
    HeldPaper,
    Holder,
    HolderKind,
    LastCount,
    LegFacts,
    holders,
)
from logistics.paper_counts import ListCount, found_of, place_of
from logistics.scans import PaperLine
from parcels.outlets import outlets_now
from parcels.paper_lists import goes_back
from parcels.passports import Draft, new_paper
from storage.cases.rows import CaseEventRow
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperRow, PaperSightingRow, add_sightings, papers_of, sightings_of

_KEPT = {
    ParcelStage.PICKED_UP: "picked_up",
    ParcelStage.DELIVERED: "delivered",
    ParcelStage.HALL_CHECKED: "hall_checked",
}
_BACK_FROM = HolderKind.AUTHORITY
HANDED_OVER = "HANDED_OVER"
"""The step of a case by which everything was collected at the hall."""


def follow(session: Session, case_no: str, now: datetime, moved: LegRow | None = None) -> list[PaperRow]:
    """Bring the papers of a case up to its legs and window; returns them, locked. `moved`: the leg with news."""
    locked = select(PaperRow).filter_by(case_no=case_no).order_by(PaperRow.number).with_for_update()
    papers = list(session.scalars(locked))
    if not papers:
        return []
    legs = list(session.scalars(select(LegRow).filter_by(case_no=case_no).order_by(LegRow.ordered_at, LegRow.leg_id)))
    if moved is not None:
        papers += _strangers(session, papers, moved, now)
    seen = []
    for paper, where in zip(papers, standing(session, case_no, papers, legs), strict=True):
        if moved is not None and (paper.place, paper.place_id) != (where.holder.kind, where.holder.id):
            seen.append(_moved(paper, moved, now))
        _write(paper, where)
    if moved is not None:
        seen += _counted(papers, moved, now)
    add_sightings(session, seen)
    return papers


def standing(
    session: Session, case_no: str, papers: Sequence[PaperRow], legs: Sequence[LegRow]
) -> tuple[HeldPaper, ...]:
    """Where each of these papers is by the case's legs (in the order in which they were booked) and its window."""
    outlets = frozenset(outlet.id for outlet in outlets_now(session))
    return holders(map(_start, papers), happened(session, case_no, papers, legs), outlets)


def happened(session: Session, case_no: str, papers: Sequence[PaperRow], legs: Sequence[LegRow]) -> list[Happened]:
    """What has moved or counted papers of a case, in the order of time."""
    found: list[tuple[datetime, Happened]] = []
    for seen in sightings_of(session, case_no):
        if seen.leg_id is None and seen.counted is not None:
            found.append((seen.at, CountedAtHall(paper_no=seen.paper_no, count=_window(seen, seen.counted))))
    found += [(_taken_at(leg), facts_of(leg, papers)) for leg in legs]
    handed = select(CaseEventRow.at).filter_by(case_no=case_no, kind=HANDED_OVER)
    found += [(at, Collected()) for at in session.scalars(handed)]
    return [one for _, one in sorted(found, key=lambda entry: entry[0])]


def facts_of(leg: LegRow, papers: Sequence[PaperRow] = ()) -> LegFacts:
    """A leg as `logistics.holders` wants it, with what was found in it and is on no list."""
    found = [_line(paper) for paper in papers if paper.source.startswith(f"{leg.leg_id}/")]
    return LegFacts(
        leg=Leg(leg.leg),
        region=leg.region,
        papers=(*(PaperLine.model_validate(line) for line in leg.manifest), *found),
        status=ParcelStage(leg.stage),
        picked_up=leg.state.get("picked_up") is not None,
        held_by=leg.state.get("holder"),
        counts=tuple(ListCount.model_validate(count) for count in leg.state.get("counts", ())),
    )


def _taken_at(leg: LegRow) -> datetime:
    """From when on the papers are the parcel's: until it is taken the window may count them."""
    return _reached(leg, ParcelStage.PICKED_UP) or leg.ordered_at


def _window(seen: PaperSightingRow, counted: int) -> LastCount:
    return LastCount(event_id=seen.event_id, found=counted, place=SightingPlace(seen.place), by=seen.by, at=seen.at)


def _start(paper: PaperRow) -> HeldPaper:
    holder = Holder(kind=HolderKind(paper.start), id=paper.start_id)
    return HeldPaper(paper=_line(paper), holder=holder, goes_back=goes_back(paper))


def _line(paper: PaperRow) -> PaperLine:
    return PaperLine(name=paper.name, form=MaterialForm(paper.form), count=paper.count, paper_no=paper.paper_no)


def _strangers(session: Session, papers: list[PaperRow], leg: LegRow, now: datetime) -> list[PaperRow]:
    """Papers that were counted in a parcel and are on no list get passports too: they belong to somebody."""
    new: list[PaperRow] = []
    for count in facts_of(leg).counts:
        listed = facts_of(leg, [*papers, *new]).papers
        for line in found_of(listed, count.lines)[1]:
            known = next((p for p in papers if (p.name, p.form, p.place) == (line.name, line.form, _BACK_FROM)), None)
            if known is not None and leg.leg == Leg.BACK:  # it comes although it was not announced
                leg.manifest = [*leg.manifest, {**line.model_dump(mode="json"), "count": 0, "paper_no": known.paper_no}]
                continue
            number = len(papers) + len(new) + 1
            draft = Draft(
                source=f"{leg.leg_id}/found/{number}",
                origin=PaperOrigin.FOUND,
                name=line.name,
                form=line.form,
                start=HolderKind.NOBODY,
                count=0,
            )
            new.append(new_paper(leg.case_no, draft, number, now))
    session.add_all(new)
    session.flush()
    return new


def _moved(paper: PaperRow, leg: LegRow, now: datetime) -> PaperSightingRow:
    stage = ParcelStage(leg.stage)
    return PaperSightingRow(
        case_no=paper.case_no,
        paper_no=paper.paper_no,
        event_id=f"{leg.leg_id}/{leg.epoch}/{stage}",
        leg_id=leg.leg_id,
        place=place_of(Leg(leg.leg), stage),
        said=paper.count,
        counted=None,
        by=leg.state.get("holder") or leg.courier_id or leg.leg,
        at=_reached(leg, stage) or now,
        recorded_at=now,
    )


def _reached(leg: LegRow, stage: ParcelStage) -> datetime | None:
    """When the leg came to a stage of which the time is kept; None for others."""
    reached = leg.state.get(_KEPT.get(stage, ""))
    return datetime.fromisoformat(reached["at"] or reached["not_after"]) if reached is not None else None


def _counted(papers: Sequence[PaperRow], leg: LegRow, now: datetime) -> list[PaperSightingRow]:
    """Every count of a leg as sightings of the papers on its list."""
    return [seen for count in facts_of(leg).counts for seen in _of_count(papers, leg, count, now)]


def giver_counted(
    session: Session, leg: LegRow, lines: Sequence[PaperLine], by: str, event_id: str, now: datetime
) -> list[PaperSightingRow]:
    """What the giving side of a hand-over has counted; the taking side's count is the event's own."""
    count = ListCount(
        event_id=event_id, stage=ParcelStage(leg.stage), at=now, by=by, handed_over=True, lines=tuple(lines)
    )
    return _of_count(papers_of(session, leg.case_no), leg, count, now)


def _of_count(papers: Sequence[PaperRow], leg: LegRow, count: ListCount, now: datetime) -> list[PaperSightingRow]:
    listed = facts_of(leg, papers).papers
    by_number = {paper.paper_no: paper for paper in papers}
    return [
        PaperSightingRow(
            case_no=leg.case_no,
            paper_no=line.paper_no,
            event_id=count.event_id,
            leg_id=leg.leg_id,
            place=place_of(Leg(leg.leg), count.stage, handed_over=count.handed_over),
            said=by_number[line.paper_no].count,
            counted=pieces,
            by=count.by,
            at=count.at,
            recorded_at=now,
        )
        for line, pieces in zip(listed, found_of(listed, count.lines)[0], strict=True)
        if line.paper_no in by_number
    ]


def _write(paper: PaperRow, held: HeldPaper) -> None:
    if paper.fate == PaperFate.KEPT and held.holder.kind in (HolderKind.HALL, HolderKind.APPLICANT):
        paper.fate = PaperFate.RETURNED  # whatever was said: it is here
    paper.place, paper.place_id = held.holder.kind, held.holder.id
    count = held.count  # None again where the only one was taken back
    paper.counted, paper.counted_by = (count.found, count.by) if count is not None else (None, None)
    paper.counted_at, paper.counted_where = (count.at, count.place) if count is not None else (None, None)
