"""Claims about parcels (查询与赔偿) as rows: each as it stands, and every step of it, which is only ever added.

What a person has said is sealed under `claim/{claim_id}`; sums are whole fen. Steps are taken in `parcels.claims`.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.claims import Claim, ClaimKind, ClaimPaper, ClaimState
from domain.terms import ParcelStage
from storage.base import Base
from storage.keyset import Condition, Segment, partial_index
from storage.sealing import Sealer

_OPEN: Final = "closed_at IS NULL"
_OVER: Final = "closed_at IS NOT NULL"


class ClaimRow(Base):
    """One claim; `claim_id` is `{case_no}-C{number}`, `number` from 1 within the case. Of a leg one at most is open.

    `papers`: ClaimPaper as JSON; `documents`: SHA-256 of what shows it; `facts`: what scans and counts said when it was
    opened. `stage`: of the leg then. `remote`: of the inquiry. `version`: number of its last step. `due_at`: None once
    it is over, else the end of the limit of `state`; `look_at`: when somebody must be told next, None: of nothing.
    """

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("case_no", "number"),
        Index("uq_claim_open", "leg_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
    )

    claim_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    number: Mapped[int]
    leg_id: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int]
    service: Mapped[str] = mapped_column(String(20))
    behalf: Mapped[str] = mapped_column(String(12))
    stage: Mapped[str] = mapped_column(String(24))
    posted_at: Mapped[datetime]
    papers: Mapped[list[Any]]
    documents: Mapped[list[Any]]
    facts: Mapped[list[Any]]
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)  # what the applicant says, sealed
    whole: Mapped[bool]
    gross: Mapped[bool]
    insured_fen: Mapped[int | None] = mapped_column(BigInteger)
    value_fen: Mapped[int | None] = mapped_column(BigInteger)
    loss_fen: Mapped[int | None] = mapped_column(BigInteger)
    postage_fen: Mapped[int | None] = mapped_column(BigInteger)
    asked_fen: Mapped[int] = mapped_column(BigInteger)
    accepted_fen: Mapped[int | None] = mapped_column(BigInteger)
    remote: Mapped[bool] = mapped_column(default=False)
    opened_by: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def claim(self) -> Claim:
        """The claim as its rules see it."""
        return Claim(
            claim_id=self.claim_id,
            kind=ClaimKind(self.kind),
            state=ClaimState(self.state),
            version=self.version,
            stage=ParcelStage(self.stage),
            opened_by=self.opened_by,
            due_at=self.due_at,
            asked_fen=self.asked_fen,
            accepted_fen=self.accepted_fen,
        )

    @property
    def named(self) -> tuple[ClaimPaper, ...]:
        """The papers that it names."""
        return tuple(ClaimPaper.model_validate(paper) for paper in self.papers)

    def said(self, sealer: Sealer) -> str:
        """What the applicant says, opened; "" where he says nothing."""
        return opened(sealer, self.claim_id, self.statement)


class ClaimEventRow(Base):
    """One step of a claim; rows are only ever added. `number`: from 1. `state`: after it. `actor`: a login.

    `data`: numbers, sums and codes, no personal data; `words`: what was said or the reason, sealed.
    """

    __tablename__ = "claim_event"
    __table_args__ = (UniqueConstraint("claim_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.claim_id"))
    number: Mapped[int]
    step: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)

    def said(self, sealer: Sealer) -> str:
        """The words, opened; "" where there are none."""
        return opened(sealer, self.claim_id, self.words)


partial_index("ix_claim_look", ClaimRow.look_at, ClaimRow.claim_id, where="look_at IS NOT NULL")
partial_index("ix_claim_open_due", ClaimRow.due_at, ClaimRow.claim_id, where=_OPEN)
partial_index("ix_claim_open_state", ClaimRow.state, ClaimRow.due_at, ClaimRow.claim_id, where=_OPEN)
partial_index("ix_claim_over", ClaimRow.closed_at, ClaimRow.claim_id, where=_OVER)
partial_index("ix_claim_over_state", ClaimRow.state, ClaimRow.closed_at, ClaimRow.claim_id, where=_OVER)


def sealed(sealer: Sealer, claim_id: str, words: str) -> bytes | None:
    """What somebody has said, sealed to its claim; None for nothing."""
    return sealer.seal(words.encode(), f"claim/{claim_id}") if words else None


def opened(sealer: Sealer, claim_id: str, words: bytes | None) -> str:
    """The same, opened."""
    return sealer.open(words, f"claim/{claim_id}").decode() if words is not None else ""


def claims_of(session: Session, case_no: str) -> list[ClaimRow]:
    """The claims of a case, the first one first."""
    return list(session.scalars(select(ClaimRow).filter_by(case_no=case_no).order_by(ClaimRow.number)))


def events_of(session: Session, claim_ids: list[str]) -> dict[str, list[ClaimEventRow]]:
    """Claim id → its steps, the first one first."""
    found: dict[str, list[ClaimEventRow]] = {claim_id: [] for claim_id in claim_ids}
    asked = select(ClaimEventRow).where(ClaimEventRow.claim_id.in_(claim_ids))
    for row in session.scalars(asked.order_by(ClaimEventRow.claim_id, ClaimEventRow.number)) if claim_ids else ():
        found[row.claim_id].append(row)
    return found


def next_number(session: Session, case_no: str) -> int:
    """The number of a further claim of a case, whose row the caller holds locked."""
    return (session.scalar(select(func.max(ClaimRow.number)).filter_by(case_no=case_no)) or 0) + 1


def open_claim_of(session: Session, leg_id: str) -> ClaimRow | None:
    """The claim about a leg that is not over; None: there is none."""
    return session.scalar(select(ClaimRow).where(text(_OPEN), ClaimRow.leg_id == leg_id))


def lock_claim(session: Session, claim_id: str) -> ClaimRow | None:
    """The claim, read anew and locked until the transaction ends; None for an unknown one."""
    return session.get(ClaimRow, claim_id, with_for_update=True, populate_existing=True)


def to_look_at(session: Session, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(claim id, case number) of claims about which somebody must be told by now, the longest waiting first."""
    asked = select(ClaimRow.claim_id, ClaimRow.case_no).where(text("look_at IS NOT NULL"), ClaimRow.look_at <= now)
    found = session.execute(asked.order_by(ClaimRow.look_at, ClaimRow.claim_id).limit(limit))
    return [(row.claim_id, row.case_no) for row in found]


def claim_list(state: ClaimState | None = None, due: datetime | None = None) -> tuple[Segment, ...]:
    """Open claims by the end of their limit, then those that are over, latest first; or of one state.

    `due`: only open ones whose limit ends by then.
    """
    fits: tuple[Condition, ...] = () if state is None else (ClaimRow.state == state,)
    by_then: tuple[Condition, ...] = () if due is None else (ClaimRow.due_at <= due,)
    still = Segment(where=(text(_OPEN), *fits, *by_then), at=ClaimRow.due_at, id=ClaimRow.claim_id)
    over = Segment(where=(text(_OVER), *fits), at=ClaimRow.closed_at, id=ClaimRow.claim_id, descending=True)
    return (still,) if due is not None else (still, over)


def open_claims() -> tuple[Segment, ...]:
    """Claims that are not over, by the end of their limit."""
    return claim_list()[:1]
