"""The sessions of one user as he and the administrator see them, and how they are ended."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from domain.people import SessionStage
from storage.people.sessions import LoginRow

ID_LENGTH: Final = 16
_ID: Final = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")


class SessionSeen(NamedTuple):
    """One session. `id`: the first digits of its own id, enough to end it and worth nothing else."""

    id: str
    stage: SessionStage
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    came_from: str
    agent: str
    amr: str


def short_id(login: str) -> str:
    """As a session is named to people, from the id of its login."""
    return login[:ID_LENGTH]


def sessions_of(session: Session, username: str, now: datetime) -> list[SessionSeen]:
    """The sessions of a user that are not over, the latest first."""
    rows = select(LoginRow).where(LoginRow.username == username, LoginRow.expires_at > now)
    return [
        SessionSeen(
            short_id(row.token_sha256),
            SessionStage(row.stage),
            row.opened_at,
            row.seen_at,
            row.expires_at,
            row.came_from,
            row.agent,
            row.amr,
        )
        for row in session.scalars(rows.order_by(LoginRow.opened_at.desc(), LoginRow.token_sha256))
    ]


def end_session(session: Session, username: str, short: str) -> bool:
    """End one session of a user by the id of `sessions_of`; False if he has no such session."""
    if not _ID.fullmatch(short):
        return False
    mine = delete(LoginRow).where(LoginRow.username == username, LoginRow.token_sha256.startswith(short))
    return _count(session.execute(mine)) > 0


def end_sessions(session: Session, username: str, *, but: str = "") -> int:
    """End all sessions of a user, of whatever stage; `but`: the id of a login that stays. How many were ended."""
    mine = delete(LoginRow).where(LoginRow.username == username, LoginRow.token_sha256 != but)
    return _count(session.execute(mine))


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
