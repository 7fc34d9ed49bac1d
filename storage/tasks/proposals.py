"""Proposals about tasks (待复核的处理): what one person wants done, until a second one agrees (decision 60)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.messages import TaskOutcome
from domain.two_people import ProposalEnding
from storage.base import Base
from storage.sealed_types import SealedText

_OPEN = text("ended_at IS NULL")


class TaskProposalRow(Base):
    """One proposal; of a task at most one is open. `proposed_by`, `ended_by`: user names, never the same if confirmed.

    `until`: then it falls, and the task is as open as before. `ending`: a `ProposalEnding`, None while it is open.
    """

    __tablename__ = "task_proposal"
    __table_args__ = (
        Index("uq_task_proposal_open", "task_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(SealedText("task_proposal.reason"))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None] = mapped_column(String(16))
    end_reason: Mapped[str | None] = mapped_column(SealedText("task_proposal.end_reason"))

    def finish(self, ending: ProposalEnding, at: datetime, by: str | None, reason: str | None = None) -> None:
        """It has come to its end; `by` None: by itself."""
        self.ending, self.ended_at, self.ended_by, self.end_reason = ending, at, by, reason

    def ending_at(self, now: datetime) -> ProposalEnding | None:
        """How it has ended by then; None while it waits for a second person."""
        if self.ending is not None:
            return ProposalEnding(self.ending)
        return ProposalEnding.LAPSED if self.until <= now else None


def propose_outcome(
    session: Session, task_id: str, outcome: TaskOutcome, reason: str, *, by: str, now: datetime, until: datetime
) -> TaskProposalRow:
    """Keep a proposal for a task, which is locked and has no open one."""
    row = TaskProposalRow(task_id=task_id, outcome=outcome, reason=reason, proposed_by=by, proposed_at=now, until=until)
    session.add(row)
    session.flush()
    return row


def open_proposal(session: Session, task_id: str, now: datetime) -> TaskProposalRow | None:
    """The proposal of a task, which is locked, that waits for a second person; one that has lapsed is ended."""
    row = session.scalar(select(TaskProposalRow).filter_by(task_id=task_id, ended_at=None))
    if row is not None and row.ending_at(now) is ProposalEnding.LAPSED:
        row.finish(ProposalEnding.LAPSED, row.until, None)
        session.flush()
        return None
    return row


def last_proposals(session: Session, task_ids: Iterable[str]) -> dict[str, TaskProposalRow]:
    """Task id → the last proposal about it, for those about which there was one."""
    newest = select(func.max(TaskProposalRow.id)).where(TaskProposalRow.task_id.in_(list(task_ids)))
    query = select(TaskProposalRow).where(TaskProposalRow.id.in_(newest.group_by(TaskProposalRow.task_id)))
    return {row.task_id: row for row in session.scalars(query)}
