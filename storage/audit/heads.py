"""The end of the trail, signed once an hour: whoever cuts it off or writes it anew would have to sign it again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base

_PURPOSE: Final = "kuayu audit head"


class AuditHeadRow(Base):
    """The trail ended with `seq` and `digest` when it was signed. Not changed, as an entry.

    `kid`: the id of the key. `signature`: hex, Ed25519 over `kuayu audit head\\n{seq}\\n{digest}`.
    """

    __tablename__ = "audit_head"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]
    kid: Mapped[str] = mapped_column(String(32))
    signature: Mapped[str] = mapped_column(String(128))


class HeadSigner:
    """Signs with the first key, checks with any. `seeds`: key id → 32 bytes, of which the Ed25519 key is made."""

    def __init__(self, seeds: Mapping[str, bytes]) -> None:
        self._keys = {kid: Ed25519PrivateKey.from_private_bytes(seed) for kid, seed in seeds.items()}
        self._kid = next(iter(self._keys))

    def sign(self, seq: int, digest: str, now: datetime) -> AuditHeadRow:
        """A head, to be written."""
        signature = self._keys[self._kid].sign(_said(seq, digest)).hex()
        return AuditHeadRow(seq=seq, digest=digest, signed_at=now, kid=self._kid, signature=signature)

    def knows(self, head: AuditHeadRow) -> bool:
        """Whether its key is among ours."""
        return head.kid in self._keys

    def holds(self, head: AuditHeadRow) -> bool:
        """Whether the signature of a head is right; False too where its key is not ours."""
        if not self.knows(head):
            return False
        try:
            signature = bytes.fromhex(head.signature)
            self._keys[head.kid].public_key().verify(signature, _said(head.seq, head.digest))
        except (InvalidSignature, ValueError):
            return False
        return True


def _said(seq: int, digest: str) -> bytes:
    return f"{_PURPOSE}\n{seq}\n{digest}".encode()
