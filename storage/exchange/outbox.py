"""The outbox: a command is rendered once, stored sealed, then sent (decisions.md 5)."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.outbound import Rendered
from domain.terms import CommandKind, Partner
from storage.base import Base
from storage.sealing import Sealer


class CommandState(StrEnum):
    """RENDERED → SENT (taken by the partner or its hub) → CONFIRMED (B: receipt ok); or REFUSED."""

    RENDERED = "RENDERED"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


class CommandRow(Base):
    """One command or callback of ours, rendered once; written by `activities.commands`.

    `key`: `{handling_no}-{step}-{round}` (`domain.naming.command_key`). `content`: the bytes to send, sealed under
    `command/{key}`. `meta`: what the wire needs beside them and must not change over retries; no personal data.
    `error`: the code of the last failure.
    """

    __tablename__ = "command"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    partner: Mapped[str] = mapped_column(String(16))
    handling_no: Mapped[str] = mapped_column(String(21), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    meta: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), index=True)
    rendered_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(64))


def command_place(key: str) -> str:
    """The associated data that a command is sealed under: `command/{key}`."""
    return f"command/{key}"


def store_rendered(session: Session, sealer: Sealer, rendered: Rendered, now: datetime) -> None:
    """Store a rendered command before its first attempt (decisions.md 5), in the caller's transaction.

    Raises:
        IntegrityError: its key is stored already.
    """
    session.add(
        CommandRow(
            key=rendered.key,
            partner=rendered.partner,
            handling_no=rendered.handling_no,
            kind=rendered.kind,
            content=sealer.seal(rendered.content, command_place(rendered.key)),
            meta=dict(rendered.meta),
            state=CommandState.RENDERED,
            rendered_at=now,
        )
    )
    session.flush()


def last_rendered(session: Session, partner: Partner) -> datetime | None:
    """When the newest command for this network was rendered; None where there is none."""
    newest = select(CommandRow.rendered_at).filter_by(partner=partner).order_by(CommandRow.rendered_at.desc()).limit(1)
    return session.scalar(newest)


def stored_command(row: CommandRow, sealer: Sealer) -> Rendered:
    """The command as it was rendered, opened; it is sent byte for byte."""
    return Rendered(
        partner=Partner(row.partner),
        key=row.key,
        kind=CommandKind(row.kind),
        handling_no=row.handling_no,
        content=sealer.open(row.content, command_place(row.key)),
        meta=row.meta,
    )
