"""Uploads that nothing has named in time are taken away (草稿到期清除): no paper of a person's stays without a case."""

from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from storage.base import Database
from storage.documents.store import Documents
from storage.documents.uploads import CaseDocumentRow, UploadRow
from storage.parcels.scans import ScanProofRow

_AT_ONCE = 50


def expire_drafts(database: Database, documents: Documents, now: datetime) -> int:
    """Take away what has expired, each document in a transaction of its own; returns how many, 50 at most.

    A photo that a scan has named meanwhile is kept: it is the proof of the scan.
    """
    with database.write() as session:
        named = select(ScanProofRow.sha256).where(ScanProofRow.sha256 == UploadRow.sha256)
        kept = update(UploadRow).where(UploadRow.expires_at <= now, exists(named)).values(expires_at=None)
        session.execute(kept, execution_options={"synchronize_session": False})
        over = select(UploadRow.sha256).where(UploadRow.expires_at <= now).distinct().limit(_AT_ONCE)
        expired = list(session.scalars(over))
    for sha256 in expired:
        with database.write() as session:
            _take_away(session, documents, sha256, now)
    return len(expired)


def _take_away(session: Session, documents: Documents, sha256: str, now: datetime) -> None:
    """The expired uploads of one document; its bytes too where nobody else holds it."""
    gone = delete(UploadRow).where(UploadRow.sha256 == sha256, UploadRow.expires_at <= now)
    session.execute(gone, execution_options={"synchronize_session": False})
    holders = (
        select(exists().where(UploadRow.sha256 == sha256)),
        select(exists().where(CaseDocumentRow.sha256 == sha256)),
        select(exists().where(ScanProofRow.sha256 == sha256)),
    )
    if not any(session.scalar(holder) for holder in holders):
        documents.drop(session, sha256)
