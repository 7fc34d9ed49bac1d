"""Scans and results, content-addressed by SHA-256, sealed before they reach the store."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import BadInput, Misconfigured, NotFound
from storage.base import Base, Database, insert_new
from storage.documents.file_keys import note_secret, open_file, seal_file, secret_of, secrets_of
from storage.sealing import OF_FILE, Sealer, kid_of

MAX_BYTES = 20 * 1024 * 1024
_HEAD_BYTES = 65  # the longest id of a key, and its length

_MAGIC = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class DocumentRow(Base):
    """A document whose bytes lie sealed in the store; its key is the lower-case hex SHA-256 of the plain bytes.

    `size`: plain bytes. Written by `Documents.put` and taken away by `Documents.drop` only.
    """

    __tablename__ = "document"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    stored_at: Mapped[datetime]


class Blobs(Protocol):
    """Where sealed bytes lie under a name: `storage.documents.folder` or `storage.documents.s3`, which do the same.

    Any call may raise ServiceUnavailable or Misconfigured where the store is another program.
    """

    def put(self, name: str, sealed: bytes) -> None:
        """Keep the bytes, whole or not at all; over what is there under this name."""

    def get(self, name: str) -> bytes | None:
        """The bytes; None where there are none."""

    def head(self, name: str, size: int) -> bytes | None:
        """The first bytes, `size` at most; None where there are none."""

    def delete(self, name: str) -> None:
        """Take them away; harmless where there are none."""


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
    """The associated data that a document is sealed under, whatever its key: `document/{sha256}`."""
    return f"document/{sha256}"


def nothing_scans(_data: bytes) -> None:
    """The scanner of an installation without one."""


@dataclass(frozen=True)
class Admitted:
    """Bytes that `Documents.admit` has looked at; nothing else makes one. `secret`: what the file's key is made of."""

    sha256: str
    media_type: str
    data: bytes
    secret: bytes


class Documents:
    """The documents in `blobs`. Storing one again is harmless.

    `scan`: raises where the bytes must not be kept; called outside any transaction. `database`: where the wraps of the
    files' keys lie (`storage.documents.file_keys`); without it all are sealed by `sealer`'s own key, as it was before.
    """

    def __init__(
        self,
        blobs: Blobs,
        sealer: Sealer,
        scan: Callable[[bytes], None] = nothing_scans,
        database: Database | None = None,
    ) -> None:
        self._blobs = blobs
        self._sealer = sealer
        self._scan = scan
        self._database = database

    def admit(self, data: bytes, sha256: str | None = None) -> Admitted:
        """Look at what somebody wants to store, before any transaction; `sha256`: what it is said to be.

        Raises:
            BadInput: over 20 MB (`DOCUMENT_TOO_LARGE`), another hash than `sha256` (`DOCUMENT_HASH`), none of the
                types that we take (`DOCUMENT_TYPE`), or infected (`DOCUMENT_INFECTED`).
            ServiceUnavailable: there is a scanner, and it is away (`SCANNER_AWAY`).
        """
        if len(data) > MAX_BYTES:
            raise BadInput("文件超过 20 MB", code="DOCUMENT_TOO_LARGE")
        found = hashlib.sha256(data).hexdigest()
        if sha256 not in (None, found):
            raise BadInput("文件内容与 SHA-256 不符，请重新上传", code="DOCUMENT_HASH")
        media_type = media_type_of(data)
        self._scan(data)
        return Admitted(found, media_type, data, secret_of(data))

    def put(self, session: Session, admitted: Admitted, now: datetime) -> bool:
        """Store one document, its row in the caller's transaction; True if it is new.

        Within the same transaction somebody has to take it: `note_upload` or `bind`, which keep the wrap of its key.
        The store is asked under the row's lock: else what `drop` takes away at this moment would be lost.
        """
        if self._database is not None:
            note_secret(session, admitted.sha256, admitted.secret)
        if session.get(DocumentRow, admitted.sha256, with_for_update=True) is not None:
            return False
        self._blobs.put(admitted.sha256, self._sealed(admitted.sha256, admitted.data, admitted.secret))
        row = {"sha256": admitted.sha256, "media_type": admitted.media_type, "size": len(admitted.data)}
        return insert_new(session, DocumentRow, row | {"stored_at": now})

    def find(self, session: Session, sha256: str) -> DocumentRow:
        """What is known of a document; its bytes are read by `read`, after the transaction.

        Raises:
            NotFound: there is no such document (`DOCUMENT_UNKNOWN`).
        """
        row = session.get(DocumentRow, sha256)
        if row is None:
            raise unknown()
        return row

    def read(self, sha256: str) -> bytes:
        """The plain bytes.

        Raises:
            NotFound: the store has lost it (`DOCUMENT_LOST`).
            ServiceUnavailable: the store is away (`DOCUMENTS_AWAY`).
            Misconfigured: its key is not among ours, or destroyed with the last case that had it.
        """
        sealed = self._blobs.get(sha256)
        if sealed is None:
            raise NotFound("文件库里找不到这份文件，请联系运维", code="DOCUMENT_LOST")
        if not kid_of(sealed).startswith(OF_FILE):
            return self._sealer.open(sealed, document_place(sha256))
        return open_file(self._secret(sha256), sealed, document_place(sha256))

    def kid_of(self, sha256: str) -> str | None:
        """The id of the key that it is sealed with; None where the store has lost it. Raises as `read`."""
        head = self._blobs.head(sha256, _HEAD_BYTES)
        return kid_of(head) if head else None

    def seal_anew(self, session: Session, sha256: str, data: bytes, secret: bytes | None = None) -> bool:
        """Seal plain bytes that `read` gave anew, in place; False where it is dropped meanwhile.

        `secret`: the file's own, once wraps of it are committed; None: under our first key. Under the row's lock, as
        `put`: else what `drop` takes away at this moment would come back.
        """
        if session.get(DocumentRow, sha256, with_for_update=True) is None:
            return False
        place = document_place(sha256)
        if secret is None:
            self._blobs.put(sha256, self._sealer.seal_by_ours(data, place))
        else:
            self._blobs.put(sha256, seal_file(secret, self._sealer.algorithm, data, place))
        return True

    def drop(self, session: Session, sha256: str) -> None:
        """Take a document away for good; its row in the caller's transaction, the bytes before its end."""
        row = session.get(DocumentRow, sha256, with_for_update=True)
        if row is not None:
            session.delete(row)
            session.flush()
            self._blobs.delete(sha256)

    def _sealed(self, sha256: str, data: bytes, secret: bytes) -> bytes:
        place = document_place(sha256)
        if self._database is None:
            return self._sealer.seal_by_ours(data, place)
        return seal_file(secret, self._sealer.algorithm, data, place)

    def _secret(self, sha256: str) -> bytes:
        if self._database is not None:
            with self._database.read() as session:
                found = secrets_of(session, [sha256])
            if sha256 in found:
                return found[sha256]
        raise Misconfigured("这份文件的密钥已经销毁，内容不能再读取")


def unknown() -> NotFound:
    """The one answer for a document that is not there and for one that is not for this reader."""
    return NotFound("没有这份文件", code="DOCUMENT_UNKNOWN")
