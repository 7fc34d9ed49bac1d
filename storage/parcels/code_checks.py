"""Codes with which an applicant hands a parcel over or takes it (交接码): made from a secret, checked when scans come.

A code is a function of a secret of the case (`storage.cases.applicant_keys`), the leg and its attempt: the applicant's
page and the receipt show the same one, and after a failed attempt it is another one. Devices get neither codes nor
hashes of them (ux.md S8): what was typed travels with the scan. Of it only a keyed hash is kept, until it has been
judged.
"""

import hmac
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import Leg
from storage.base import Base, insert_all_new
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanProofRow

DIGITS: Final = 6
TRIES: Final = 5
"""So many wrong codes in one attempt, and no further code counts: a person must look."""


class CodeCheck(StrEnum):
    """What a typed code came to; WAITING: the parcel's number belongs to no leg yet."""

    RIGHT = "RIGHT"
    WRONG = "WRONG"
    TOO_MANY = "TOO_MANY"
    WAITING = "WAITING"


class CodeCheckRow(Base):
    """One code that was typed with a scan, or at the hall's counter; `event_id`: of that line in the log.

    `leg_id`, `epoch`: the attempt (`Handing`); None while the number belongs to no leg.
    `typed_mac`: keyed hash of what was typed, bound to the event; emptied once it is judged. `doubted`: wrong, and no
    right one has come since in this attempt: the scan proves nothing until then.
    """

    __tablename__ = "handover_check"
    __table_args__ = (Index("ix_handover_check_leg", "leg_id", "epoch"),)

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    leg_id: Mapped[str | None] = mapped_column(String(48))
    epoch: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(10))
    typed_mac: Mapped[str] = mapped_column(String(64))
    doubted: Mapped[bool]
    checked_at: Mapped[datetime]


class HandoverKeys(NamedTuple):
    """`typed`: of the hashes of what was typed, 32 bytes. `of_case`: (session, case number) → the case's own secret."""

    typed: bytes
    of_case: Callable[[Session, str], bytes]


class Handing(NamedTuple):
    """One attempt to hand something of a case over; `of`: the id of a leg, or what waits at the hall (`at_hall`)."""

    case_no: str
    of: str
    attempt: int


def handing_of(leg: LegRow) -> Handing:
    """The attempt at a leg that is made now."""
    return Handing(leg.case_no, leg.leg_id, leg.epoch)


def asks_code(leg: LegRow) -> bool:
    """Whether whoever hands over or takes this parcel at a door says a code: pickup, 本人签收."""
    return leg.leg == Leg.PICKUP or (leg.leg == Leg.DELIVERY and leg.sign_self)


def at_hall(case_no: str, waited: int) -> Handing:
    """What the applicant collects at the hall; `waited`: how many times something has waited for him there, from 1."""
    return Handing(case_no, f"{case_no}-HALL", waited)


def code_of(key: bytes, handing: Handing) -> str:
    """Its code: 6 digits. `key`: the secret of its case."""
    said = hmac.digest(key, f"hand-over/{handing.of}/{handing.attempt}".encode(), "sha256")
    return f"{int.from_bytes(said) % 10**DIGITS:0{DIGITS}}"


def digits_of(typed: str) -> str:
    """What was typed, without blanks and hyphens, full-width digits as digits."""
    return "".join(char for char in unicodedata.normalize("NFKC", typed) if char.isalnum())


def check(
    session: Session, keys: HandoverKeys, handing: Handing | None, event_id: str, typed: str, now: datetime
) -> CodeCheck:
    """Judge a code and keep the verdict, once per event. `handing`: as it was before this event, None: unknown yet."""
    mac = _mac(keys.typed, event_id, digits_of(typed))
    if handing is None:
        _keep(session, event_id, None, CodeCheck.WAITING, mac, now)
        return CodeCheck.WAITING
    verdict = _judged(session, keys, handing, event_id, mac)
    _keep(session, event_id, handing, verdict, "", now)
    _clear(session, handing, verdict)
    return verdict


def check_waiting(session: Session, keys: HandoverKeys, legs: dict[str, LegRow], now: datetime) -> list[str]:
    """Judge codes whose events have found their leg; `legs`: event id → leg. Returns the legs with such a code."""
    waiting = select(CodeCheckRow).where(CodeCheckRow.event_id.in_(legs), CodeCheckRow.verdict == CodeCheck.WAITING)
    touched = []
    for row in session.scalars(waiting.order_by(CodeCheckRow.event_id)).all():
        handing = handing_of(legs[row.event_id])
        verdict = _judged(session, keys, handing, row.event_id, row.typed_mac)
        row.leg_id, row.epoch, row.verdict, row.typed_mac, row.checked_at = (
            handing.of,
            handing.attempt,
            verdict,
            "",
            now,
        )
        row.doubted = verdict is not CodeCheck.RIGHT
        session.flush()
        _clear(session, handing, verdict)
        touched.append(handing.of)
    return touched


def unproved(session: Session, leg_id: str) -> set[str]:
    """Ids of the leg's events that prove nothing: a proof is still to come, or the code that was typed is wrong."""
    awaited = select(ScanProofRow.event_id).filter_by(leg_id=leg_id, uploaded_at=None)
    doubted = select(CodeCheckRow.event_id).filter_by(leg_id=leg_id, doubted=True)
    return set(session.scalars(awaited.union(doubted)))


def checks_of(session: Session, leg_ids: Iterable[str]) -> Sequence[CodeCheckRow]:
    """Every judged code of these legs, oldest first."""
    query = select(CodeCheckRow).where(CodeCheckRow.leg_id.in_(leg_ids))
    return session.scalars(query.order_by(CodeCheckRow.checked_at, CodeCheckRow.event_id)).all()


def _judged(session: Session, keys: HandoverKeys, handing: Handing, event_id: str, mac: str) -> CodeCheck:
    wrong = select(func.count()).select_from(CodeCheckRow).filter_by(leg_id=handing.of, epoch=handing.attempt)
    if (session.scalar(wrong.where(CodeCheckRow.verdict != CodeCheck.RIGHT)) or 0) >= TRIES:
        return CodeCheck.TOO_MANY
    code = code_of(keys.of_case(session, handing.case_no), handing)
    right = hmac.compare_digest(mac, _mac(keys.typed, event_id, code))
    return CodeCheck.RIGHT if right else CodeCheck.WRONG


def _keep(
    session: Session, event_id: str, handing: Handing | None, verdict: CodeCheck, mac: str, now: datetime
) -> None:
    row = {
        "event_id": event_id,
        "leg_id": handing.of if handing else None,
        "epoch": handing.attempt if handing else 0,
        "verdict": verdict.value,
        "typed_mac": mac,
        "doubted": verdict in (CodeCheck.WRONG, CodeCheck.TOO_MANY),
        "checked_at": now,
    }
    insert_all_new(session, CodeCheckRow, [row], CodeCheckRow.event_id)


def _clear(session: Session, handing: Handing, verdict: CodeCheck) -> None:
    """A right code takes the doubt from what was mistyped before it in the same attempt."""
    if verdict is CodeCheck.RIGHT:
        same = update(CodeCheckRow).where(CodeCheckRow.leg_id == handing.of, CodeCheckRow.epoch == handing.attempt)
        session.execute(same.values(doubted=False))


def _mac(key: bytes, event_id: str, code: str) -> str:
    return hmac.digest(key, f"typed/{event_id}/{code}".encode(), "sha256").hex()
