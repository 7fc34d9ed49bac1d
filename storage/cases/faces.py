"""What a list shows of an applicant, and by what a search finds a case: a masked name, and keyed hashes (脱敏、盲索引).

The dossier stays sealed: a line opens its masked name, some bytes, and a search compares hashes (decisions.md 39).
"""

import hmac
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import ForeignKey, LargeBinary, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import Misconfigured
from domain.outbound import Person
from storage.base import Base, insert_all_new
from storage.cases.rows import CaseRow
from storage.keyset import Condition
from storage.sealing import Sealer

log = structlog.get_logger(__name__)

_MARK_BYTES: Final = 16
_TAIL: Final = slice(16, 20)
"""The serial within the day (contracts.md "Case number"): what people say of a number."""
_FOUR: Final = 4


class CaseFaceRow(Base):
    """The masked name of a case's applicant (王**), sealed under `face/{case_no}`. Written with the case."""

    __tablename__ = "case_face"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    name: Mapped[bytes] = mapped_column(LargeBinary)


class CaseMarkRow(Base):
    """One thing by which a case is found. `mark`: 32 hex digits, a keyed hash of kind and value; says nothing alone."""

    __tablename__ = "case_mark"
    __table_args__ = ({"sqlite_with_rowid": False},)

    mark: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)


def keep_face(session: Session, sealer: Sealer, key: bytes, case_no: str, person: Person, masked: str) -> None:
    """Keep what lists and searches need of a case whose applicant is `person`; the caller's transaction stores it.

    The case must be written already, or be in this session. `key`: of the hashes. `masked`: the name as lists show it.
    """
    session.add(CaseFaceRow(case_no=case_no, name=sealer.seal(masked.encode(), f"face/{case_no}")))
    marks = [{"mark": mark, "case_no": case_no} for mark in marks_of(key, case_no, person)]
    insert_all_new(session, CaseMarkRow, marks, CaseMarkRow.mark)


def marks_of(key: bytes, case_no: str, person: Person) -> frozenset[str]:
    """The marks by which a case of `person` is found. `key`: of the hashes."""
    said = {
        ("name", person.name),
        ("id", person.id_number),
        ("phone", person.phone),
        ("phone-tail", person.phone[-_FOUR:]),
        ("tail", case_no[_TAIL]),
    }
    return frozenset(_mark(key, kind, value) for kind, value in said)


def faces_of(session: Session, sealer: Sealer, numbers: Collection[str]) -> dict[str, str]:
    """Case number → masked name, of those that have one kept; a key that is gone takes a name and not the list."""
    if not numbers:
        return {}
    rows = session.execute(select(CaseFaceRow.case_no, CaseFaceRow.name).where(CaseFaceRow.case_no.in_(numbers)))
    found: dict[str, str] = {}
    for case_no, name in rows:
        try:
            found[case_no] = sealer.open(name, f"face/{case_no}").decode()
        except (Misconfigured, InvalidTag) as fault:
            log.warning("face_not_opened", case_no=case_no, error=type(fault).__name__)
    return found


def marks_for(key: bytes, *, name: str, number: str, phone: str) -> tuple[str, ...]:
    """The marks that what somebody types may have, what is meant most often first: four last digits (of the case
    number, of the phone), a whole phone, a whole document number, a whole name.

    `number`, `phone`: as `domain.identifiers` brings them into form; empty where it is none.
    """
    last = number if len(number) == _FOUR and number.isdecimal() else ""
    said = (("tail", last), ("phone-tail", last), ("phone", phone), ("id", number), ("name", name))
    return tuple(_mark(key, kind, value) for kind, value in said if value)


def cases_marked(
    session: Session, marks: Iterable[str], limit: int, within: tuple[Condition, ...] = ()
) -> Sequence[str]:
    """Numbers of the cases with one of these marks, those of the first mark first, each mark's latest first.

    `within`: conditions on `CaseMarkRow` besides (`storage.cases.within.by_case_within`).
    """
    found: dict[str, None] = {}
    for mark in marks:
        latest = select(CaseMarkRow.case_no).filter_by(mark=mark).where(*within).order_by(CaseMarkRow.case_no.desc())
        found |= dict.fromkeys(session.scalars(latest.limit(limit)))
    return list(found)[:limit]


def faceless(session: Session, after: str, limit: int) -> Iterable[CaseRow]:
    """Cases of before these tables, whose number comes after `after`, in the order of numbers."""
    without = ~exists().where(CaseFaceRow.case_no == CaseRow.case_no)
    older = select(CaseRow).where(CaseRow.case_no > after, without)
    return session.scalars(older.order_by(CaseRow.case_no).limit(limit))


def _mark(key: bytes, kind: str, value: str) -> str:
    return hmac.digest(key, f"{kind}|{value}".encode(), "sha256")[:_MARK_BYTES].hex()
