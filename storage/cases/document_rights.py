"""Who may read a document, and by what right: whoever works on its case, and before there is one its uploader."""

from typing import Final, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from domain.terms import Role
from domain.units import HALL
from storage.cases.within import by_case_within
from storage.documents.accesses import Purpose
from storage.documents.store import unknown
from storage.documents.uploads import CaseDocumentRow, UploadRow
from storage.keyset import Condition
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanProofRow
from storage.people.users import LoggedIn


class Right(NamedTuple):
    """By which a document is read. `case_no`: None of a draft, and of what came before cases held their documents."""

    purpose: Purpose
    case_no: str | None


_OF_THE_HALL: Final = (Role.CLERK, Role.SUPERVISOR)


def right_to_read(session: Session, sha256: str, by: LoggedIn, case_no: str | None = None) -> Right:
    """The right by which somebody reads the document; by that of `case_no` where it is given.

    By any case that he may see, of several the last that took it; the auditor by a case that he names, never by a hash
    alone; everybody what he has uploaded himself.

    Raises:
        NotFound: not for this reader, or not there: the same answer (`DOCUMENT_UNKNOWN`).
    """
    by_hash_alone = by.role is Role.AUDITOR and case_no is None
    case = None if by_hash_alone else _case_of(session, sha256, case_no, by)
    if case is not None:
        return Right(Purpose.CASE, case)
    uploads = select(UploadRow.uploader).filter_by(sha256=sha256)
    if case_no is None and session.scalar(select(exists(uploads.where(UploadRow.uploader == by.username)))):
        return Right(Purpose.DRAFT, None)
    if case_no is None and _of_the_hall(by) and not session.scalar(select(exists(uploads))):
        older = _case_of(session, sha256) is None
        if older:
            return Right(Purpose.CASE, None)  # from before cases held their documents: as it was then
    raise unknown()


def _of_the_hall(by: LoggedIn) -> bool:
    return by.role in _OF_THE_HALL and (by.reach.whole or HALL in by.reach.units)


def _case_of(session: Session, sha256: str, case_no: str | None = None, by: LoggedIn | None = None) -> str | None:
    """The case that holds the document itself, or to one of whose parcels it is the proof; one that `by` may see."""
    theirs: tuple[Condition, ...] = by_case_within(by, CaseDocumentRow.case_no) if by is not None else ()
    held = select(CaseDocumentRow.case_no).filter_by(sha256=sha256).where(*theirs)
    theirs = by_case_within(by, LegRow.case_no) if by is not None else ()
    proofs = select(LegRow.case_no).join(ScanProofRow, ScanProofRow.leg_id == LegRow.leg_id)
    proofs = proofs.where(ScanProofRow.sha256 == sha256, *theirs)
    if case_no is not None:
        held, proofs = held.filter_by(case_no=case_no), proofs.where(LegRow.case_no == case_no)
    found = session.scalar(held.order_by(CaseDocumentRow.bound_at.desc()).limit(1))
    return found or session.scalar(proofs.order_by(ScanProofRow.named_at.desc()).limit(1))
