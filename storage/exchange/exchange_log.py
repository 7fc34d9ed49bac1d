"""The exchange log (交换日志) and security events: who sent what, verdict, milliseconds; no body in clear.

Every message and every call has a line, an empty poll and a renewed secret too. What says nothing is kept for some
days only, a body that has no other home for half a year.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new
from storage.sealing import Sealer

EMPTY = "EMPTY"  # the verdict of a poll that brought nothing
EMPTY_POLLS_KEPT = timedelta(days=7)
BODIES_KEPT = timedelta(days=180)  # 网络安全法 21: logs are kept for six months at least
_OF_EMPTY = text(f"verdict = '{EMPTY}'")
OF_UNSIGNED = text("kind = 'callback' AND message_id = ''")
"""Lines of calls that nobody vouches for."""


class ExchangeRow(Base):
    """One message or one attempt, either direction; a line is written once and never changed.

    `body`: the place under which the body lies sealed (`inbox/…`, `command/…`, `document/…`, `southwest-out/…`,
    `interprovincial-secret/…`, or `exchange/…` in `ExchangeBodyRow`). None where there is no body, or where nobody
    vouches for it: of a sender who is not authentic only hash and size are kept.
    `sha256`: lower-case hex, of the body; `size`: in bytes. `verdict`: the inbox's verdict or the wire's code.
    `signed`: what was signed and how, a `partners.signed_text.SignedText` as JSON; None where nothing was.
    """

    __tablename__ = "exchange"
    __table_args__ = (
        Index("ix_exchange_empty", "partner", "at", sqlite_where=_OF_EMPTY, postgresql_where=_OF_EMPTY),
        Index("ix_exchange_unsigned", "partner", "at", sqlite_where=OF_UNSIGNED, postgresql_where=OF_UNSIGNED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    partner: Mapped[str] = mapped_column(String(16))
    direction: Mapped[str] = mapped_column(String(3))  # in | out
    kind: Mapped[str] = mapped_column(String(32))  # event, command, or the wire's operation
    message_id: Mapped[str] = mapped_column(String(128), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(32), index=True)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[str] = mapped_column(String(32))
    duration_ms: Mapped[int] = mapped_column(default=0)
    body: Mapped[str | None] = mapped_column(String(200))
    signed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)


class ExchangeBodyRow(Base):
    """A body that has no other home: refused, or looked at without effect. Forgotten after 180 days.

    `place`: `exchange/{partner}/{sha256}`, also the associated data of the seal, so each content is kept once.
    """

    __tablename__ = "exchange_body"

    place: Mapped[str] = mapped_column(String(100), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime] = mapped_column(index=True)


class SecurityEventRow(Base):
    """Something that a person responsible for security must be able to see (安全事件); append-only.

    `source`: a network, `city` or `operator`. `code`: the wire's or a word of ours. `detail`: no personal data.
    """

    __tablename__ = "security_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(32), index=True)
    code: Mapped[str] = mapped_column(String(48), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(default="")


def note_exchange(session: Session, row: ExchangeRow) -> None:
    """Add one line to the exchange log, in the caller's transaction."""
    session.add(row)


def note_poll(session: Session, row: ExchangeRow, keep: timedelta = EMPTY_POLLS_KEPT) -> None:
    """Add the line of a poll. One with verdict EMPTY also deletes its network's empty polls older than `keep`."""
    session.add(row)
    if row.verdict == EMPTY:
        old = (ExchangeRow.partner == row.partner, ExchangeRow.at < row.at - keep, _OF_EMPTY)
        session.execute(delete(ExchangeRow).where(*old))


def keep_body(session: Session, sealer: Sealer, row: ExchangeRow, body: bytes) -> None:
    """Keep `body` sealed for a line that has no other home for it, and set `row.body` to its place.

    `row.sha256` must be the body's hash already, `row.handling_no` says whose it is. Bodies kept for more than 180 days
    are deleted on the way.
    """
    row.body = f"exchange/{row.partner}/{row.sha256}"
    kept = {"place": row.body, "sealed": sealer.seal(body, row.body, of=row.handling_no), "kept_at": row.at}
    insert_new(session, ExchangeBodyRow, kept)
    session.execute(delete(ExchangeBodyRow).where(ExchangeBodyRow.kept_at < row.at - BODIES_KEPT))


def note_security_event(
    session: Session, source: str, code: str, now: datetime, *, handling_no: str | None = None, detail: str = ""
) -> None:
    """Add one security event; call it once per refusal. `detail` never holds personal data."""
    session.add(SecurityEventRow(at=now, source=source, code=code, handling_no=handling_no, detail=detail))
