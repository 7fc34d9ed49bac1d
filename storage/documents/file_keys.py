"""A key per file (文件密钥), wrapped for each who has it: by our own key for a draft, by the case's key for a case.

A file may be several cases' and lies once: it ends with the last of them. The key follows from the whole content and
from nothing less, so that the same bytes brought twice, or at once, are one file with one key; whoever has neither the
content nor a wrap has nothing.
"""

import hmac
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import LargeBinary, String, column, null, select, table, union_all
from sqlalchemy.orm import Session

from domain.errors import Misconfigured
from storage.ciphers import NONCE_BYTES, Aead, Algorithm, Key, aead_of, nonce
from storage.sealed_types import sealer_of
from storage.sealing import OF_FILE, Sealer, header_of

_SALT: Final = b"kuayu file key"
_LETTERS: Final = {Algorithm.AES: "A", Algorithm.SM4: "S"}
_KNOWN: Final = "kuayu_file_secrets"
"""Where a session keeps the secrets that it has met, so that who binds a file does not look for them again."""

_of_cases = table("case_document", column("case_no", String), column("sha256", String), column("key", LargeBinary))
_of_drafts = table("document_upload", column("sha256", String), column("key", LargeBinary))


def secret_of(data: bytes) -> bytes:
    """What a file's key is made of, 32 bytes."""
    return hmac.digest(_SALT, data, "sha256")


def seal_file(secret: bytes, algorithm: Algorithm, data: bytes, place: str) -> bytes:
    """The sealed bytes, in the form of `storage.sealing`, bound to `place`."""
    fresh, aead = nonce(), _aead(secret, algorithm)
    return header_of(OF_FILE + _LETTERS[algorithm]) + fresh + aead.encrypt(fresh, data, place.encode())


def open_file(secret: bytes, sealed: bytes, place: str) -> bytes:
    """What `seal_file` has sealed. Raises InvalidTag where it is another's, or altered."""
    end = 1 + sealed[0]
    aead = _aead(secret, cipher_of(sealed[1:end].decode()))
    return aead.decrypt(sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :], place.encode())


def cipher_of(kid: str) -> Algorithm:
    """The cipher of a key of a file, of its id."""
    return next(one for one, letter in _LETTERS.items() if kid == OF_FILE + letter)


def note_secret(session: Session, sha256: str, secret: bytes) -> None:
    """This session knows the secret of a file, whose bytes it has seen."""
    session.info.setdefault(_KNOWN, {})[sha256] = secret


def note_draft(session: Session, sha256: str, wrap: bytes | None) -> None:
    """This session knows the wrap of a draft; None: it has none."""
    if wrap is not None and sha256 not in session.info.get(_KNOWN, {}):
        note_secret(session, sha256, _sealer(session).open(wrap, _draft_place(sha256)))


def draft_wrap(session: Session, sha256: str) -> bytes | None:
    """The wrap for whoever has uploaded a file; None where this session does not know its secret."""
    secret = session.info.get(_KNOWN, {}).get(sha256)
    return _sealer(session).seal_by_ours(secret, _draft_place(sha256)) if secret is not None else None


def case_wraps(session: Session, case_no: str, sha256s: Collection[str]) -> dict[str, bytes | None]:
    """SHA-256 → the wrap for a case; None of one that is sealed with our own key as before."""
    known: Mapping[str, bytes] = session.info.get(_KNOWN, {})
    unknown = [sha256 for sha256 in sha256s if sha256 not in known]
    secrets = {**(secrets_of(session, unknown) if unknown else {}), **known}
    return {one: _case_wrap(session, case_no, one, secrets[one]) if one in secrets else None for one in sha256s}


def _case_wrap(session: Session, case_no: str, sha256: str, secret: bytes) -> bytes:
    return _sealer(session).seal(secret, f"file/{case_no}/{sha256}")


def secrets_of(session: Session, sha256s: Collection[str]) -> dict[str, bytes]:
    """SHA-256 → secret of the files of which somebody has a wrap that opens."""
    cases = select(_of_cases.c.case_no, _of_cases.c.sha256, _of_cases.c.key)
    drafts = select(null().label("case_no"), _of_drafts.c.sha256, _of_drafts.c.key)
    both = union_all(
        cases.where(_of_cases.c.sha256.in_(sha256s), _of_cases.c.key.is_not(None)),
        drafts.where(_of_drafts.c.sha256.in_(sha256s), _of_drafts.c.key.is_not(None)),
    )
    found: dict[str, bytes] = {}
    for row in session.execute(both):
        if row.sha256 not in found:
            found |= dict(_opened(_sealer(session), row))
    return found


def _opened(sealer: Sealer, row: Any) -> Iterator[tuple[str, bytes]]:
    place = f"file/{row.case_no}/{row.sha256}" if row.case_no is not None else _draft_place(row.sha256)
    try:
        yield row.sha256, sealer.open(row.key, place)
    except Misconfigured:  # a case whose key is destroyed: another one may have it
        return


def _aead(secret: bytes, algorithm: Algorithm) -> Aead:
    return aead_of(Key(secret[: algorithm.key_bytes], algorithm))


def _draft_place(sha256: str) -> str:
    return f"upload/{sha256}"


def _sealer(session: Session) -> Sealer:
    return sealer_of(session.get_bind().dialect)
