"""Who may read a document, and by what right: whoever may read its case, and before there is one its uploader."""

from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.documents.accesses import Purpose
from storage.documents.store import unknown
from storage.documents.uploads import CaseDocumentRow, UploadRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanProofRow


class Right(NamedTuple):
    """By which a document is read. `case_no`: None of a draft, and of what came before cases held their documents."""

    purpose: Purpose
    case_no: str | None


def right_to_read(session: Session, sha256: str, reader: str, case_no: str | None = None) -> Right:
    """The right by which `reader`, who may read cases, reads the document; by that of `case_no` where it is given.

    Of several cases the last that took it.

    Raises:
        NotFound: not for this reader, or not there: the same answer (`DOCUMENT_UNKNOWN`).
    """
    case = _case_of(session, sha256, case_no)
    if case is not None:
        return Right(Purpose.CASE, case)
    uploads = select(UploadRow.uploader).filter_by(sha256=sha256)
    if case_no is None and session.scalar(select(exists(uploads.where(UploadRow.uploader == reader)))):
        return Right(Purpose.DRAFT, None)
    if case_no is None and not session.scalar(select(exists(uploads))):
        return Right(Purpose.CASE, None)  # from before cases held their documents: as it was then
    raise unknown()


def _case_of(session: Session, sha256: str, case_no: str | None) -> str | None:
    """The case that holds the document itself, or to one of whose parcels it is the proof."""
    held = select(CaseDocumentRow.case_no).filter_by(sha256=sha256)
    proofs = select(LegRow.case_no).join(ScanProofRow, ScanProofRow.leg_id == LegRow.leg_id)
    proofs = proofs.where(ScanProofRow.sha256 == sha256)
    if case_no is not None:
        held, proofs = held.filter_by(case_no=case_no), proofs.where(LegRow.case_no == case_no)
    found = session.scalar(held.order_by(CaseDocumentRow.bound_at.desc()).limit(1))
    return found or session.scalar(proofs.order_by(ScanProofRow.named_at.desc()).limit(1))
