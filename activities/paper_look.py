"""Whether the papers of a case are there as said: asked by its workflow before anything is passed on."""

from sqlalchemy import select
from temporalio import activity

from domain.messages import PapersLook
from domain.papers import PaperDecision
from domain.tasks import TaskKind
from domain.terms import Leg
from parcels.paper_fates import owed_back
from storage.base import Database
from storage.cases.rows import handlings_of
from storage.parcels.legs import LegRow
from storage.parcels.papers import papers_of
from storage.tasks.rows import TaskRow


class PaperLook:
    """Reads what counts and people have said; harmless at any time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    def look_at_papers(self, case_no: str) -> PapersLook:
        """What differs, what is to be brought, what the case goes on without, what has not come back."""
        with self._database.read() as session:
            papers = papers_of(session, case_no)
            handlings = handlings_of(session, case_no)
            compared = select(TaskRow.handling_no).join(LegRow, LegRow.leg_id == TaskRow.leg_id)
            asked = compared.where(TaskRow.case_no == case_no, TaskRow.resolved_at.is_(None), LegRow.leg == Leg.BACK)
            unsettled = session.scalars(asked.where(TaskRow.kind == TaskKind.DISCREPANCY).distinct()).all()
        return PapersLook(
            undecided=any(paper.differs and not paper.awaited for paper in papers),
            awaited=any(paper.awaited for paper in papers),
            without=any(
                paper.decision == PaperDecision.WITHOUT and not paper.differs and paper.there < paper.count
                for paper in papers
            ),
            away=tuple(handling.handling_no for handling in handlings if owed_back(papers, handling)),
            unsettled=tuple(number for number in unsettled if number is not None),
        )
