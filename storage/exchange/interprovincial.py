"""What the interprovincial wire must remember over processes and restarts (contracts.md C).

Serials of Fetch and Confirm that are used once, the shared secret with the right to renew it, and the times of
our notices. Satisfies the small protocols of `partners.interprovincial` without importing them.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from sqlalchemy import BigInteger, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import PartnerError
from domain.terms import CommandKind, Partner
from storage.base import Base, Database, insert_new
from storage.exchange.exchange_log import ExchangeRow, note_exchange
from storage.exchange.outbox import CommandRow
from storage.sealing import Sealer

_BLOCK = 1000
_LEASE = timedelta(seconds=30)
_KEEP_ENDED = timedelta(days=1)
_ONLY = 1


class InterprovincialSerial(Base):
    """One row (id 1): the next serial (报文流水号) that no process has; taken in blocks of 1,000."""

    __tablename__ = "interprovincial_serial"

    id: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


class InterprovincialSecret(Base):
    """A secret of the seal (contracts.md C "Secret"), sealed under `interprovincial-secret/{id}`.

    Several may hold at once, each until its own `ends_at`; deleted a day after that.
    """

    __tablename__ = "interprovincial_secret"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[datetime]
    obtained_at: Mapped[datetime] = mapped_column(index=True)


class InterprovincialRenewal(Base):
    """One row (id 1): who renews the secret holds the claim until `until`, 30 s at most.

    So a killed process blocks nobody for longer.
    """

    __tablename__ = "interprovincial_renewal"

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class SerialsInDatabase:
    """Hands out serials for YWXTBH (contracts.md C "Envelope"), a block of 1,000 per process. Thread-safe."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._lock = threading.Lock()
        self._next = self._end = 0

    def next_serial(self) -> int:
        """12 digits, the first not 0, never given out before. Opens a writing transaction every 1,000th time."""
        with self._lock:
            if self._next == self._end:
                self._next = self._block()
                self._end = self._next + _BLOCK
            self._next += 1
            return self._next - 1

    def _block(self) -> int:
        with self._database.write() as session:
            insert_new(session, InterprovincialSerial, {"id": _ONLY, "next": 0})
            row = session.get_one(InterprovincialSerial, _ONLY, with_for_update=True, populate_existing=True)
            # Hundredths of a second since 1970: a restored or emptied database does not repeat its numbers.
            start = max(row.next, int(self._now().timestamp() * 100))
            row.next = start + _BLOCK
            return start


class NoticeTimesInDatabase:
    """Times (TZSJ) for our notices: a second per handling and TZ, from the commands that are stored already.

    Only reads, so it may be used while a command is rendered inside a transaction that holds the handling's lock;
    that lock keeps two notices of one handling apart.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def notice_time(self, handling_no: str, tz: str, key: str, wanted: datetime) -> datetime:
        """The time of the notice with this command key: `wanted` in whole seconds, or the next second that is free.

        A key that is stored already gets its time again. `tz`: the notice's TZ; other kinds do not count.
        """
        query = select(CommandRow.key, CommandRow.meta).filter_by(
            partner=Partner.INTERPROVINCIAL, handling_no=handling_no, kind=CommandKind.NOTICE
        )
        second = wanted.replace(microsecond=0)
        with self._database.read() as session:
            for known, meta in session.execute(query):
                if meta.get("tz") != tz:
                    continue
                taken = datetime.fromisoformat(meta["at"])
                if known == key:
                    return taken
                second = max(second, taken + timedelta(seconds=1))
        return second


class SecretLike(Protocol):
    """As `partners.interprovincial.secret.Secret`, which storage does not import."""

    @property
    def ends_at(self) -> datetime:
        """When it stops to hold; aware."""
        ...


S = TypeVar("S", bound=SecretLike)


class SecretsInDatabase(Generic[S]):
    """The secrets of the seal, shared by all processes; one caller of all of them renews at a time.

    `make` and `key_of` turn (key bytes, end) into the wire's own type and back.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        now: Callable[[], datetime],
        *,
        make: Callable[[bytes, datetime], S],
        key_of: Callable[[S], bytes],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._now = now
        self._make = make
        self._key_of = key_of
        self._turn = threading.Lock()

    def held(self) -> tuple[S, ...]:
        """All that are kept, newest first; some may be over."""
        query = select(InterprovincialSecret).order_by(InterprovincialSecret.obtained_at.desc())
        with self._database.read() as session:
            return tuple(
                self._make(self._sealer.open(row.sealed, _place(row.id)), row.ends_at) for row in session.scalars(query)
            )

    def renew(self, seen: S | None, patience_s: float, fetch: Callable[[], S]) -> None:
        """Replace the newest secret by what `fetch` brings, if the newest still is `seen`.

        Others wait until somebody else has done it, `patience_s` seconds at most, and return without one after that.

        Raises:
            PartnerError: `fetch` failed; noted in the exchange log.
        """
        until = time.monotonic() + patience_s
        if not self._turn.acquire(blocking=patience_s > 0, timeout=patience_s if patience_s > 0 else -1):
            return
        try:
            while self._newest() == seen:
                if self._claim():
                    self._replace(seen, fetch)
                    return
                if time.monotonic() >= until:
                    return
                time.sleep(0.1)
        finally:
            self._turn.release()

    def _replace(self, seen: S | None, fetch: Callable[[], S]) -> None:
        began = time.perf_counter()
        try:
            if self._newest() == seen:
                self._keep(fetch(), began)
        except PartnerError as fault:
            self._note_failed(fault, began)
            raise
        finally:
            self._set_claim(self._now() - _LEASE)

    def _note_failed(self, fault: PartnerError, began: float) -> None:
        line = _line("", (fault.code or type(fault).__name__)[:32], self._now(), began)
        with self._database.write() as session:
            note_exchange(session, line)

    def _newest(self) -> S | None:
        held = self.held()
        return held[0] if held else None

    def _claim(self) -> bool:
        now = self._now()
        with self._database.write() as session:
            insert_new(session, InterprovincialRenewal, {"id": _ONLY, "until": now - _LEASE})
            free = update(InterprovincialRenewal).where(
                InterprovincialRenewal.id == _ONLY, InterprovincialRenewal.until < now
            )
            claimed = session.execute(free.values(until=now + _LEASE).returning(InterprovincialRenewal.id))
            return claimed.first() is not None

    def _set_claim(self, until: datetime) -> None:
        with self._database.write() as session:
            session.execute(update(InterprovincialRenewal).values(until=until))

    def _keep(self, secret: S, began: float) -> None:
        """The secret, and its line in the exchange log: the hash is that of what is kept, never of the secret."""
        now = self._now()
        name = f"{time.time_ns():x}"
        with self._database.write() as session:
            session.execute(delete(InterprovincialSecret).where(InterprovincialSecret.ends_at < now - _KEEP_ENDED))
            sealed = self._sealer.seal(self._key_of(secret), _place(name))
            session.add(InterprovincialSecret(id=name, sealed=sealed, ends_at=secret.ends_at, obtained_at=now))
            line = _line(name, "OK", now, began)
            line.sha256, line.size, line.body = hashlib.sha256(sealed).hexdigest(), len(sealed), _place(name)
            note_exchange(session, line)


def _line(message_id: str, verdict: str, now: datetime, began: float) -> ExchangeRow:
    """One call for a fresh secret (refreshSecret)."""
    return ExchangeRow(
        at=now,
        partner=Partner.INTERPROVINCIAL,
        direction="out",
        kind="refreshSecret",
        message_id=message_id,
        verdict=verdict,
        duration_ms=round(1000 * (time.perf_counter() - began)),
    )


def _place(name: str) -> str:
    return f"interprovincial-secret/{name}"
