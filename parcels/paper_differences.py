"""Papers that are not there as said (清点不符): the task that names them, and what is decided about them.

A difference of what the applicant gave stops the case until it is agreed upon; elsewhere a person compares the list.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.leg_changes import ChangeKind
from domain.matters import End
from domain.messages import PapersCounted, TaskOutcome
from domain.naming import CaseUpdate, case_workflow_id
from domain.papers import PaperDecision
from domain.tasks import OF_PAPERS, TaskKind
from domain.terms import Leg, MaterialForm
from logistics.paper_counts import ListCount, found_of, place_of
from logistics.scans import PaperLine
from parcels.case_entries import raise_task, settle_tasks
from parcels.paper_trail import facts_of, follow
from parcels.passports import at_window
from storage.cases.rows import CaseRow
from storage.parcels.leg_changes import last_change
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperRow, add_sightings
from storage.pending_updates import is_queued, queue_update
from storage.tasks.rows import settle_kinds

_SINCE = 3
"""The edition of cases whose submission waits for what was counted short."""


def stops_the_case(session: Session, leg: LegRow) -> bool:
    """Whether what depends on a count of this leg waits: the papers came from the applicant, and are not passed on."""
    of_papers = all("paper_no" in line for line in leg.manifest)  # else it was booked before they had numbers
    if leg.leg != Leg.PICKUP or not of_papers or not leg.state.get("counts"):
        return False
    start = session.scalar(select(CaseRow.start).filter_by(case_no=leg.case_no)) or {}
    return int(start.get("edition", 0)) >= _SINCE


def raise_short(session: Session, leg: LegRow, papers: Sequence[PaperRow], now: datetime) -> None:
    """Open the task about what was counted otherwise than listed, or settle it where a later count agrees."""
    listed = {line.get("paper_no") for line in leg.manifest}
    mine = [paper for paper in papers if paper.paper_no in listed or paper.source.startswith(f"{leg.leg_id}/")]
    differing = [paper for paper in mine if paper.differs and not paper.awaited]
    counts = facts_of(leg).counts
    if differing and counts:
        facts = {"papers": [told(paper) for paper in differing]}
        raise_task(session, leg, TaskKind.PAPERS_SHORT, now, counts[-1].event_id, data=facts)
    elif counts and not any(paper.differs for paper in mine):
        settle_tasks(session, leg, {TaskKind.PAPERS_SHORT}, now, End.COUNTED)


def tell_the_case(session: Session, leg: LegRow, now: datetime) -> None:
    """A count, or one taken back, after the end of its leg: a case that waits for it looks at its papers again."""
    open_case = select(CaseRow.case_no).filter_by(case_no=leg.case_no, closed_at=None)
    if leg.ended_at is None or session.scalar(open_case) is None:
        return  # the leg's own end says it, or nobody waits
    counts = leg.state.get("counts") or [{"event_id": "none"}]
    update_id = f"{leg.leg_id}-counted-{len(counts)}-{counts[-1]['event_id']}"
    if is_queued(session, update_id):
        return
    queue_update(
        session,
        update_id=update_id,
        workflow_id=case_workflow_id(leg.case_no),
        name=CaseUpdate.PAPERS_COUNTED,
        argument=PapersCounted(paper_no=leg.leg_id),
        now=now,
    )


def told(paper: PaperRow) -> dict[str, Any]:
    """A difference as a task names it: the paper, said and counted, who counted where and when."""
    return {
        "paperNo": paper.paper_no,
        "name": paper.name,
        "form": paper.form,
        "said": paper.count,
        "counted": paper.counted,
        "by": paper.counted_by,
        "at": paper.counted_at.isoformat() if paper.counted_at else None,
        "where": paper.counted_where,
    }


def lines_that_differ(leg: LegRow, event_id: str) -> list[dict[str, Any]]:
    """The same of one count of a leg, of its list alone; [] where the event has counted nothing."""
    facts = facts_of(leg)
    count = next((one for one in facts.counts if one.event_id == event_id), None)
    if count is None:
        return []
    found, strangers = found_of(facts.papers, count.lines)
    listed = [(line, pieces) for line, pieces in zip(facts.papers, found, strict=True) if line.count != pieces]
    extra = [(line.model_copy(update={"count": 0}), line.count) for line in strangers]
    return [_line_told(leg, count, line, pieces) for line, pieces in [*listed, *extra]]


def _line_told(leg: LegRow, count: ListCount, line: PaperLine, counted: int) -> dict[str, Any]:
    return {
        "paperNo": line.paper_no,
        "name": line.name,
        "form": MaterialForm(line.form),
        "said": line.count,
        "counted": counted,
        "by": count.by,
        "at": count.at.isoformat(),
        "where": place_of(Leg(leg.leg), count.stage, handed_over=count.handed_over),
    }


def decide(
    session: Session, case_no: str, outcome: TaskOutcome, *, by: str, task: str, now: datetime
) -> list[PaperRow]:
    """Write what was agreed with every paper that differs now; returns the papers of the case."""
    papers = follow(session, case_no, now)
    differing = [paper for paper in papers if paper.differs]
    if outcome is TaskOutcome.RECOUNTED:
        add_sightings(session, [at_window(paper, f"task/{task}", paper.count, by, now) for paper in differing])
        return follow(session, case_no, now)
    agreed = {TaskOutcome.BRING_LATER: PaperDecision.BRING, TaskOutcome.GO_WITHOUT: PaperDecision.WITHOUT}.get(outcome)
    for paper in differing if agreed is not None else ():
        paper.decision, paper.decided_for = agreed, paper.counted
    return papers


def await_at_hall(session: Session, leg: LegRow, now: datetime) -> None:
    """The visit was cancelled: what was to be fetched is brought to the window by its owner, and counted there."""
    cancelled = last_change(session, leg.leg_id, ChangeKind.CANCEL)
    by = cancelled.by if cancelled is not None else leg.leg_id
    listed = {line.get("paper_no") for line in leg.manifest}
    mine = [paper for paper in follow(session, leg.case_no, now) if paper.paper_no in listed and paper.counted is None]
    add_sightings(session, [at_window(paper, f"cancelled/{leg.leg_id}", 0, by, now) for paper in mine])
    for paper in follow(session, leg.case_no, now):
        if paper in mine and paper.differs:
            paper.decision, paper.decided_for = PaperDecision.BRING, paper.counted


def count_one(session: Session, paper: PaperRow, counted: int, *, by: str, key: str, now: datetime) -> list[PaperRow]:
    """The window counts one paper that it has in hand; tasks close that nobody needs any more. Returns all papers."""
    add_sightings(session, [at_window(paper, f"count/{key}", counted, by, now)])
    papers = follow(session, paper.case_no, now)
    _settle(session, paper.case_no, papers, now)
    return papers


def _settle(session: Session, case_no: str, papers: Iterable[PaperRow], now: datetime) -> None:
    if not any(paper.differs for paper in papers):
        settle_kinds(session, OF_PAPERS, now, End.BROUGHT, case_no=case_no)
