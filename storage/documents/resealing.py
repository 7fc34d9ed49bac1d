"""Documents under keys of their own (换钥重封): the same over folder and S3, while the system runs.

First the wraps for whoever has the file are committed, then its bytes are replaced: broken off in between, it still
opens by the key that it names. What nobody has (from before cases held their documents) goes to our first key.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.base import Database
from storage.ciphers import Algorithm
from storage.documents.file_keys import case_wraps, cipher_of, draft_wrap, note_secret, secret_of
from storage.documents.store import DocumentRow, Documents
from storage.documents.uploads import CaseDocumentRow, UploadRow
from storage.sealing import OF_FILE

_AT_ONCE: Final = 500
_THREADS: Final = 8
"""Heads that are asked for at once: of S3 each is a request."""


def kids_of_documents(database: Database, documents: Documents) -> Counter[str]:
    """Key id → how many documents are sealed with it, all keys of files under OF_FILE; what the store lost is left out.

    Raises:
        ServiceUnavailable: the store is away.
    """
    kids = (kid for _, kid in _documents(database, documents))
    return Counter(OF_FILE if kid.startswith(OF_FILE) else kid for kid in kids)


def reseal_documents(
    database: Database,
    documents: Documents,
    first: str,
    *,
    kid: str | None = None,
    say: Callable[[int], None] = lambda _done: None,
) -> int:
    """Seal each with its own key that has none yet and is somebody's, the others with `first`; returns how many.

    `kid`: only those that bear this key of ours.

    Raises:
        Misconfigured: one bears a key that is not among ours.
        ServiceUnavailable: the store is away; what is done stays done.
    """
    done = 0
    for sha256, bears in _documents(database, documents):
        if kid not in (None, bears) or _is_as_now(bears, database.sealer.algorithm):
            continue
        done += _resealed(database, documents, sha256, bears, first)
        say(done)
    _wrap_what_lacks(database)
    return done


def _is_as_now(bears: str, algorithm: Algorithm) -> bool:
    return bears.startswith(OF_FILE) and cipher_of(bears) is algorithm


def _resealed(database: Database, documents: Documents, sha256: str, bears: str, first: str) -> bool:
    data = documents.read(sha256)
    secret = secret_of(data)
    with database.write_plainly() as session:
        note_secret(session, sha256, secret)
        somebodys = _wrap(session, sha256)
    if not somebodys and bears == first:
        return False
    with database.write_plainly() as session:
        return documents.seal_anew(session, sha256, data, secret if somebodys else None)


def _wrap(session: Session, sha256: str) -> bool:
    """Give the wrap of a file, whose secret the session knows, to all who have it and lack it; False: nobody has it."""
    cases = session.scalars(select(CaseDocumentRow).filter_by(sha256=sha256).with_for_update()).all()
    for case in cases:
        case.key = case.key or case_wraps(session, case.case_no, [sha256])[sha256]
    drafts = session.scalars(select(UploadRow).filter_by(sha256=sha256).with_for_update()).all()
    for draft in drafts:
        if draft.expires_at is not None or not cases:
            draft.key = draft.key or draft_wrap(session, sha256)
    return bool(cases or drafts)


def _wrap_what_lacks(database: Database) -> None:
    """Wraps for cases that took a file while it was on its way to a key of its own."""
    lacking = select(CaseDocumentRow).where(CaseDocumentRow.key.is_(None)).order_by(CaseDocumentRow.sha256)
    with database.write_plainly() as session:
        for row in session.scalars(lacking.limit(_AT_ONCE)).all():
            row.key = case_wraps(session, row.case_no, [row.sha256])[row.sha256]


def _documents(database: Database, documents: Documents) -> Iterator[tuple[str, str]]:
    """(SHA-256, key id) of every document that the store has."""
    after = ""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="heads") as pool:
        while True:
            page = select(DocumentRow.sha256).where(DocumentRow.sha256 > after).order_by(DocumentRow.sha256)
            with database.read() as session:
                names: Sequence[str] = session.scalars(page.limit(_AT_ONCE)).all()
            if not names:
                return
            kids = pool.map(documents.kid_of, names)
            yield from ((name, kid) for name, kid in zip(names, kids, strict=True) if kid is not None)
            after = names[-1]
