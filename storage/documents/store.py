"""Scans and results, content-addressed by SHA-256, sealed on disk."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import BadInput, NotFound
from storage.base import Base
from storage.sealing import Sealer

MAX_BYTES = 20 * 1024 * 1024

_MAGIC = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class DocumentRow(Base):
    """A document whose bytes lie sealed in a file; its key is the lower-case hex SHA-256 of the plain bytes.

    `size`: plain bytes. Written by `Documents.put` only.
    """

    __tablename__ = "document"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    stored_at: Mapped[datetime]


def media_type_of(data: bytes) -> str:
    """PDF, OFD, JPEG or PNG, known by the first bytes and not by a header (contracts.md "Files").

    Raises:
        BadInput: anything else (`DOCUMENT_TYPE`).
    """
    for magic, media_type in _MAGIC:
        if data.startswith(magic):
            return media_type
    if data.startswith(b"PK\x03\x04") and b"OFD.xml" in data:
        return "application/ofd"
    raise BadInput("只接受 PDF、OFD、JPEG 或 PNG 文件", code="DOCUMENT_TYPE")


def document_place(sha256: str) -> str:
    """The associated data that a document is sealed under: `document/{sha256}`."""
    return f"document/{sha256}"


class Documents:
    """The documents under `folder`, in files named `{first 2 digits}/{sha256}`. Storing one again is harmless."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer

    def put(self, session: Session, sha256: str, data: bytes, now: datetime) -> bool:
        """Store one document, its row in the caller's transaction; True if it is new.

        Raises:
            BadInput: over 20 MB (`DOCUMENT_TOO_LARGE`), another hash than `sha256` (`DOCUMENT_HASH`), or none of the
                types that we take (`DOCUMENT_TYPE`).
        """
        if len(data) > MAX_BYTES:
            raise BadInput("文件超过 20 MB", code="DOCUMENT_TOO_LARGE")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BadInput("文件内容与 SHA-256 不符，请重新上传", code="DOCUMENT_HASH")
        media_type = media_type_of(data)
        if session.get(DocumentRow, sha256) is not None:
            return False
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.part")
        fresh.write_bytes(self._sealer.seal(data, document_place(sha256)))
        fresh.replace(path)  # a reader sees the whole document or none
        session.add(DocumentRow(sha256=sha256, media_type=media_type, size=len(data), stored_at=now))
        return True

    def get(self, session: Session, sha256: str) -> tuple[bytes, str]:
        """The plain bytes and their media type.

        Raises:
            NotFound: there is no such document (`DOCUMENT_UNKNOWN`).
        """
        row = session.get(DocumentRow, sha256)
        if row is None:
            raise NotFound("没有这份文件", code="DOCUMENT_UNKNOWN")
        return self._sealer.open(self._path(sha256).read_bytes(), document_place(sha256)), row.media_type

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256
