"""Whose a document is: of its uploader while the case is a draft, of the case from its registration on."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import Conflict
from storage.base import Base, insert_all_new
from storage.documents.file_keys import case_wraps, draft_wrap, note_draft
from storage.documents.store import DocumentRow


class UploadRow(Base):
    """A document that somebody of the hall has uploaded. `uploader`: a user name.

    `expires_at`: when it is taken away unless something names it until then; None once a case or a scan has named it.
    `key`: the wrap of the file's key under `upload/{sha256}`, by our own; None once a case has its own, or where the
    file is sealed by our own key as before.
    """

    __tablename__ = "document_upload"
    __table_args__ = (
        Index("ix_document_upload_drafts", "uploader", "expires_at"),
        Index("ix_document_upload_expires", "expires_at"),
    )

    sha256: Mapped[str] = mapped_column(ForeignKey("document.sha256"), primary_key=True)
    uploader: Mapped[str] = mapped_column(String(64), primary_key=True)
    uploaded_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    key: Mapped[bytes | None] = mapped_column(LargeBinary)


class CaseDocumentRow(Base):
    """A document that belongs to a case; whoever may read the case may read it. Taken away with its personal data.

    `key`: the wrap of the file's key under `file/{case_no}/{sha256}`, by the case's; None where the file is sealed by
    our own key as before.
    """

    __tablename__ = "case_document"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    bound_at: Mapped[datetime]
    key: Mapped[bytes | None] = mapped_column(LargeBinary)


def note_upload(
    session: Session, sha256: str, uploader: str, *, now: datetime, expires_at: datetime
) -> datetime | None:
    """The document was uploaded by `uploader`; again: kept for longer. Returns until when, None for ever."""
    row = session.get(UploadRow, (sha256, uploader), with_for_update=True)
    wrap = draft_wrap(session, sha256)
    if row is None:
        row = UploadRow(sha256=sha256, uploader=uploader, uploaded_at=now, expires_at=expires_at, key=wrap)
        session.add(row)
    elif row.expires_at is not None:
        row.expires_at, row.key = max(row.expires_at, expires_at), wrap or row.key
    return row.expires_at


def check_quota(session: Session, uploader: str, sha256: str, size: int, quota_bytes: int) -> None:
    """Check that what lies there unused of one uploader stays within `quota_bytes` with this document of `size` bytes.

    Raises:
        Conflict: it would not (`DOCUMENT_QUOTA`).
    """
    drafts = select(func.coalesce(func.sum(DocumentRow.size), 0)).join(UploadRow)
    drafts = drafts.where(UploadRow.uploader == uploader, UploadRow.expires_at.is_not(None))
    held = session.scalar(drafts.where(UploadRow.sha256 != sha256)) or 0
    if held + size > quota_bytes:
        told = f"您已上传、尚未提交的文件超过 {quota_bytes // 1024**2} MB，请先提交办件；不用的会到期自动清除"
        raise Conflict(told, code="DOCUMENT_QUOTA")


def held_by(
    session: Session, sha256s: Iterable[str], uploader: str, now: datetime, *, lock: bool = True
) -> frozenset[str]:
    """Those of `sha256s` that `uploader` has uploaded and that have not expired; locked until the transaction ends.

    `lock` False: only looked at, as within `Database.read`.
    """
    columns = select(UploadRow.sha256, UploadRow.expires_at, UploadRow.key)
    query = columns.where(UploadRow.sha256.in_(list(sha256s)), UploadRow.uploader == uploader)
    query = query.order_by(UploadRow.sha256)
    rows = session.execute(query.with_for_update() if lock else query).all()
    held = [row for row in rows if row.expires_at is None or row.expires_at > now]
    for row in held if lock else ():
        note_draft(session, row.sha256, row.key)
    return frozenset(row.sha256 for row in held)


def held_by_case(session: Session, sha256s: Iterable[str], case_no: str) -> frozenset[str]:
    """Those of `sha256s` that belong to the case already."""
    query = select(CaseDocumentRow.sha256).where(
        CaseDocumentRow.case_no == case_no, CaseDocumentRow.sha256.in_(list(sha256s))
    )
    return frozenset(session.scalars(query))


def bind(session: Session, case_no: str, sha256s: Sequence[str], now: datetime) -> None:
    """From now on these documents are the case's, and no more a draft of whoever has uploaded them."""
    if not sha256s:
        return
    wraps = case_wraps(session, case_no, tuple(dict.fromkeys(sha256s)))
    rows = [{"case_no": case_no, "sha256": sha256, "bound_at": now, "key": key} for sha256, key in wraps.items()]
    insert_all_new(session, CaseDocumentRow, rows, CaseDocumentRow.sha256)
    kept = update(UploadRow).where(UploadRow.sha256.in_(sha256s)).values(expires_at=None, key=None)
    session.execute(kept, execution_options={"synchronize_session": False})
