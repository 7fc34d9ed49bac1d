"""The exchange log (交换日志) and security events: who sent what, verdict, milliseconds; no body in clear.

Every message and every call has a line, an empty poll and a renewed secret too. What says nothing is kept for some
days only, a body that has no other home for half a year.
"""

from datetime import datetime, timedelta

from sqlalchemy import Index, LargeBinary, String, delete, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.sealing import Sealer

EMPTY = "EMPTY"  # the verdict of a poll that brought nothing
EMPTY_POLLS_KEPT = timedelta(days=7)
BODIES_KEPT = timedelta(days=180)  # 网络安全法 21: logs are kept for six months at least
_OF_EMPTY = text(f"verdict = '{EMPTY}'")


class ExchangeRow(Base):
    """One message or one attempt, either direction.

    `body`: the place under which its body lies sealed (`inbox/…`, `command/…`, `document/…`, `southwest-out/…`,
    `interprovincial-secret/…`, or `exchange/…` in `ExchangeBodyRow`); None where there is none, or where nobody
    vouches for it: the bytes of a sender who is not authentic are told by hash and size only.
    """

    __tablename__ = "exchange"
    __table_args__ = (Index("ix_exchange_empty", "partner", "at", sqlite_where=_OF_EMPTY, postgresql_where=_OF_EMPTY),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    partner: Mapped[str] = mapped_column(String(16), index=True)
    direction: Mapped[str] = mapped_column(String(3))  # in | out
    kind: Mapped[str] = mapped_column(String(32))  # event, command, or the wire's operation
    message_id: Mapped[str] = mapped_column(String(128), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(32), index=True)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[str] = mapped_column(String(32))
    duration_ms: Mapped[int] = mapped_column(default=0)
    body: Mapped[str | None] = mapped_column(String(200))


class ExchangeBodyRow(Base):
    """A body that has no other home: refused, or looked at without effect. Sealed under `place`, once per content."""

    __tablename__ = "exchange_body"

    place: Mapped[str] = mapped_column(String(100), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime] = mapped_column(index=True)


class SecurityEventRow(Base):
    """Something that a person responsible for security must be able to see (安全事件)."""

    __tablename__ = "security_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(32), index=True)
    code: Mapped[str] = mapped_column(String(48), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(default="")


def note_exchange(session: Session, row: ExchangeRow) -> None:
    session.add(row)


def note_poll(session: Session, row: ExchangeRow, keep: timedelta = EMPTY_POLLS_KEPT) -> None:
    """The line of a poll; an empty one makes its network's empty polls older than `keep` forgotten."""
    session.add(row)
    if row.verdict == EMPTY:
        old = (ExchangeRow.partner == row.partner, ExchangeRow.at < row.at - keep, _OF_EMPTY)
        session.execute(delete(ExchangeRow).where(*old))


def keep_body(session: Session, sealer: Sealer, row: ExchangeRow, body: bytes) -> None:
    """Keep, sealed, the body of a line that has no other home; `row.sha256` is its hash. The too old are forgotten."""
    row.body = f"exchange/{row.partner}/{row.sha256}"
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"place": row.body, "sealed": sealer.seal(body, row.body), "kept_at": row.at}
    session.execute(insert(ExchangeBodyRow).values(values).on_conflict_do_nothing())
    session.execute(delete(ExchangeBodyRow).where(ExchangeBodyRow.kept_at < row.at - BODIES_KEPT))


def note_security_event(
    session: Session, source: str, code: str, now: datetime, *, handling_no: str | None = None, detail: str = ""
) -> None:
    """Exactly one row per refusal; `detail` never holds personal data."""
    session.add(SecurityEventRow(at=now, source=source, code=code, handling_no=handling_no, detail=detail))
