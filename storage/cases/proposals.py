"""Decisions that two people make (四眼): one officer proposes, another confirms or sends back; sealed meanwhile."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.cases.rows import HandlingRow
from storage.sealing import Sealer


class ProposalEnd(StrEnum):
    """What came of a proposal."""

    CONFIRMED = "confirmed"  # by another officer: it was said
    RETURNED = "returned"  # sent back by another officer, with a reason
    RECALLED = "recalled"  # by its own proposer
    OVERTAKEN = "overtaken"  # it could not be said any more

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"confirmed": "复核同意", "returned": "复核退回", "recalled": "本人收回", "overtaken": "情况已变，作废"}[
            self.value
        ]


class ProposalRow(Base):
    """One proposal. `key`: of its request (idempotency), unique within the handling.

    `content`: the decision as it was sent, `reason`: why it was sent back; both sealed under `proposal/{handling_no}`.
    `ended_by`: who ended it. `HandlingRow.proposal_id` names the open one; there is one at most.
    """

    __tablename__ = "decision_proposal"
    __table_args__ = (UniqueConstraint("handling_no", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    handling_no: Mapped[str] = mapped_column(ForeignKey("handling.handling_no"), index=True)
    key: Mapped[str] = mapped_column(String(128))
    event: Mapped[str] = mapped_column(String(24))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)

    def words(self, sealer: Sealer) -> str:
        """Why it was sent back, opened; "" where nobody said."""
        return sealer.open(self.reason, _place(self.handling_no)).decode() if self.reason is not None else ""

    def decision(self, sealer: Sealer) -> bytes:
        """The decision as it was sent, opened: JSON."""
        return sealer.open(self.content, _place(self.handling_no))


def propose(
    session: Session,
    sealer: Sealer,
    handling: HandlingRow,
    *,
    key: str,
    event: str,
    content: bytes,
    by: str,
    now: datetime,
) -> ProposalRow:
    """Keep a proposal for the handling, which is locked and has no open one."""
    row = ProposalRow(
        handling_no=handling.handling_no,
        key=key,
        event=event,
        content=sealer.seal(content, _place(handling.handling_no)),
        proposed_by=by,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    handling.proposal_id = row.id
    return row


def finish(
    sealer: Sealer,
    handling: HandlingRow,
    row: ProposalRow,
    end: ProposalEnd,
    *,
    by: str,
    now: datetime,
    reason: str = "",
) -> None:
    """The open proposal of the handling, which is locked, has come to its end."""
    row.outcome, row.ended_by, row.ended_at = end, by, now
    row.reason = sealer.seal(reason.encode(), _place(handling.handling_no)) if reason else None
    handling.proposal_id = None


def with_key(session: Session, handling_no: str, key: str) -> ProposalRow | None:
    """The proposal that was made under this key; None: none was."""
    return session.scalar(select(ProposalRow).filter_by(handling_no=handling_no, key=key))


def proposals_of(session: Session, handling_no: str) -> list[ProposalRow]:
    """All that were made about a handling, the first one first."""
    return list(session.scalars(select(ProposalRow).filter_by(handling_no=handling_no).order_by(ProposalRow.id)))


def _place(handling_no: str) -> str:
    return f"proposal/{handling_no}"
