"""An account's app with one-time codes (动态口令), and the codes on paper for when it is lost (恢复码).

The app's secret is sealed, a recovery code is kept as a keyed hash; either code counts once, also of two at once.
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.one_time import SECRET_BYTES, matching_step
from storage.base import Base
from storage.people.typed_codes import digest_of, fresh_code
from storage.sealing import Sealer

RECOVERY_CODES: Final = 10
_LENGTH: Final = 12  # 58 bits: more than anybody guesses, and the hash's key is not in the database


class TotpRow(Base):
    """The app of an account. `sealed`: its secret; `confirmed_at`: when it first gave a right code, before it counts.

    `last_step`: the half minute since 1970 whose code was taken last; that one and those before are worth nothing.
    """

    __tablename__ = "totp"

    username: Mapped[str] = mapped_column(ForeignKey("user_account.username"), primary_key=True)
    sealed: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCodeRow(Base):
    """A recovery code that was not used yet. `digest`: hex HMAC-SHA-256 of account and code."""

    __tablename__ = "recovery_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("user_account.username"), index=True)


class RecoveryCodes(NamedTuple):
    """Ten new codes as their owner reads them once, and what is kept of them."""

    shown: tuple[str, ...]
    digests: tuple[str, ...]


def begin(session: Session, sealer: Sealer, username: str) -> bytes | None:
    """A new secret for the app of an account, 20 bytes; None where one is confirmed already.

    One that was begun and never confirmed is replaced.
    """
    row = session.get(TotpRow, username, with_for_update=True)
    if row is not None and row.confirmed_at is not None:
        return None
    secret = secrets.token_bytes(SECRET_BYTES)
    session.merge(TotpRow(username=username, sealed=sealer.seal(secret, _place(username)), last_step=0))
    return secret


def begun(session: Session, sealer: Sealer, username: str) -> bytes | None:
    """The secret that waits for its first code; None where there is none, or it is confirmed."""
    row = session.get(TotpRow, username)
    return sealer.open(row.sealed, _place(username)) if row is not None and row.confirmed_at is None else None


def confirm(session: Session, sealer: Sealer, username: str, typed: str, now: datetime) -> bool:
    """Let the app count from now on if `typed` is its code; False where it is not, or nothing was begun."""
    row = session.get(TotpRow, username, with_for_update=True)
    if row is None or row.confirmed_at is not None:
        return False
    step = matching_step(sealer.open(row.sealed, _place(username)), typed, now, row.last_step)
    if step is None:
        return False
    row.confirmed_at, row.last_step = now, step
    return True


def use_code(session: Session, sealer: Sealer, username: str, typed: str, now: datetime) -> bool:
    """Whether `typed` is a code of the confirmed app that was not used before; it is used now."""
    row = session.get(TotpRow, username)
    if row is None or row.confirmed_at is None:
        return False
    step = matching_step(sealer.open(row.sealed, _place(username)), typed, now, row.last_step)
    if step is None:
        return False
    taken = update(TotpRow).where(TotpRow.username == username, TotpRow.last_step < step).values(last_step=step)
    return session.scalar(taken.returning(TotpRow.username)) is not None


def new_recovery_codes(key: bytes, username: str) -> RecoveryCodes:
    """Ten codes for an account, kept nowhere yet. `key`: `runtime.container:factor_key`."""
    shown = tuple(fresh_code(_LENGTH) for _ in range(RECOVERY_CODES))
    return RecoveryCodes(shown, tuple(digest_of(key, username, code) for code in shown))


def keep_recovery_codes(session: Session, username: str, digests: Collection[str]) -> None:
    """Let these codes count, and none of before."""
    session.execute(delete(RecoveryCodeRow).filter_by(username=username))
    session.add_all(RecoveryCodeRow(digest=digest, username=username) for digest in digests)


def use_recovery_code(session: Session, key: bytes, username: str, typed: str) -> bool:
    """Whether `typed` is a recovery code of the account that was not used before; it is used now."""
    used = delete(RecoveryCodeRow).filter_by(username=username, digest=digest_of(key, username, typed))
    return session.scalar(used.returning(RecoveryCodeRow.digest)) is not None


def recovery_codes_left(session: Session, username: str) -> int:
    """How many recovery codes an account still has."""
    counted = select(func.count()).select_from(RecoveryCodeRow).filter_by(username=username)
    return session.scalar(counted) or 0


def forget_app(session: Session, username: str) -> None:
    """Take the app away; the recovery codes stay."""
    session.execute(delete(TotpRow).filter_by(username=username))


def forget(session: Session, username: str) -> None:
    """Take the app and the recovery codes away."""
    session.execute(delete(RecoveryCodeRow).filter_by(username=username))
    forget_app(session, username)


def _place(username: str) -> str:
    return f"totp/{username}"
