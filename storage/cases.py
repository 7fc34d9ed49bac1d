"""Cases, their handlings, history and clocks."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.dossier import Dossier
from domain.terms import WireEvent
from domain.wire import HandlingTruth, WireState
from storage.base import Base
from storage.sealing import Sealer


class CaseRow(Base):
    """A case (办件). `start` is the CaseStart; `started` once the workflow runs (decisions.md 3)."""

    __tablename__ = "case_file"

    case_no: Mapped[str] = mapped_column(String(21), primary_key=True)
    item_code: Mapped[str] = mapped_column(String(32), index=True)
    item_name: Mapped[str]
    item: Mapped[dict[str, Any]]  # the snapshot with its materials
    scheme: Mapped[str] = mapped_column(String(16))  # of the first handling; joint cases may have several
    mode: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(24), index=True)
    on_hold: Mapped[bool] = mapped_column(default=False)
    withdrawal_pending: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str] = mapped_column(String(16), default="window")
    clerk: Mapped[str] = mapped_column(String(64))
    dossier: Mapped[bytes] = mapped_column(LargeBinary)  # sealed; place case/{case_no}
    start: Mapped[dict[str, Any]]
    started: Mapped[bool] = mapped_column(default=False, index=True)
    time_scale: Mapped[float] = mapped_column(default=1.0)
    registered_at: Mapped[datetime]
    collected_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    due_at: Mapped[datetime | None] = mapped_column(index=True)  # the next boundary that somebody must meet
    rating: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=0)


class HandlingRow(Base):
    """One authority's share (办理), and the wire's truth about it (decisions.md 1)."""

    __tablename__ = "handling"

    handling_no: Mapped[str] = mapped_column(String(21), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    place: Mapped[int]  # 0, 1 … within the case
    region: Mapped[str] = mapped_column(String(6))
    role: Mapped[str | None]
    scheme: Mapped[str] = mapped_column(String(16))
    partner: Mapped[str | None] = mapped_column(String(16), index=True)
    mode: Mapped[str] = mapped_column(String(16))
    originals_travel: Mapped[bool]
    result_travels: Mapped[bool]
    status: Mapped[str] = mapped_column(String(24))
    partner_no: Mapped[str] = mapped_column(default="")
    waiting_since: Mapped[datetime | None]  # 等待对方系统
    result: Mapped[dict[str, Any] | None]  # name, form, documentNo, sha256
    wire_state: Mapped[str] = mapped_column(String(24), default=WireState.UNSENT)
    last_event: Mapped[str | None] = mapped_column(String(24))
    last_seq: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=0)
    decision: Mapped[str | None] = mapped_column(String(24))
    withdrawal_asked: Mapped[bool] = mapped_column(default=False)
    last_written_at: Mapped[datetime | None]  # B: cd_time of the last applied row
    last_written_id: Mapped[str | None] = mapped_column(String(64))  # B: its row_guid
    applied_count: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None] = mapped_column(index=True)

    @property
    def truth(self) -> HandlingTruth:
        return HandlingTruth(
            state=WireState(self.wire_state),
            last_event=WireEvent(self.last_event) if self.last_event else None,
            last_seq=self.last_seq,
            round=self.round,
            decision=WireEvent(self.decision) if self.decision else None,
            withdrawal_asked=self.withdrawal_asked,
        )

    @truth.setter
    def truth(self, truth: HandlingTruth) -> None:
        self.wire_state = truth.state
        self.last_event = truth.last_event
        self.last_seq = truth.last_seq
        self.round = truth.round
        self.decision = truth.decision
        self.withdrawal_asked = truth.withdrawal_asked


class CaseEventRow(Base):
    """History (办件轨迹): append-only; `key` makes a repeated write harmless. No personal data in `data`."""

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_no", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(21))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]


class DeadlineRow(Base):
    """A clock (时限). `stopped_at` None: still running."""

    __tablename__ = "deadline"
    __table_args__ = (UniqueConstraint("case_no", "key"), Index("ix_deadline_open", "stopped_at", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(21))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(32))
    start_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    responsible: Mapped[str] = mapped_column(String(16))
    provisional: Mapped[bool] = mapped_column(default=False)
    calendar_version: Mapped[str] = mapped_column(String(32), default="")
    stopped_at: Mapped[datetime | None]


class SerialRow(Base):
    """The day's serial numbers of cases and handlings."""

    __tablename__ = "serial"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]


# One statement, the same for SQLite and PostgreSQL: the day's first number too may be asked for by many at once.
_TAKE_SERIALS: Final = text(
    "INSERT INTO serial (day, last) VALUES (:day, :count) "
    "ON CONFLICT (day) DO UPDATE SET last = serial.last + excluded.last RETURNING last"
)


def next_serials(session: Session, day: str, count: int) -> list[int]:
    """Take `count` numbers of `day` (yyyyMMdd), under the row's lock."""
    last = session.scalars(_TAKE_SERIALS, {"day": day, "count": count}).one()
    return list(range(last - count + 1, last + 1))


def lock_handling(session: Session, handling_no: str) -> HandlingRow | None:
    return session.get(HandlingRow, handling_no, with_for_update=True, populate_existing=True)


def handlings_of(session: Session, case_no: str) -> list[HandlingRow]:
    return list(session.scalars(select(HandlingRow).filter_by(case_no=case_no).order_by(HandlingRow.place)))


def add_event(
    session: Session,
    *,
    case_no: str,
    key: str,
    kind: str,
    at: datetime,
    now: datetime,
    actor: str,
    handling_no: str | None = None,
    data: dict[str, Any] | None = None,
) -> bool:
    """Append to the history once; False when `key` is already there."""
    if session.scalar(select(CaseEventRow.id).filter_by(case_no=case_no, key=key)) is not None:
        return False
    session.add(
        CaseEventRow(
            case_no=case_no,
            handling_no=handling_no,
            key=key,
            kind=kind,
            at=at,
            recorded_at=now,
            actor=actor,
            data=data or {},
        )
    )
    session.flush()
    return True


def read_dossier(row: CaseRow, sealer: Sealer) -> Dossier:
    return Dossier.model_validate_json(sealer.open(row.dossier, f"case/{row.case_no}"))


def write_dossier(row: CaseRow, sealer: Sealer, dossier: Dossier) -> None:
    row.dossier = sealer.seal(dossier.model_dump_json().encode(), f"case/{row.case_no}")
