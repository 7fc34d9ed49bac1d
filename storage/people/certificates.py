"""Whose certificate is whose (证书绑定): an account is bound to issuer and serial, not to the name in one."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class UserCertificateRow(Base):
    """One certificate. `certificate_id`: hex SHA-256 of issuer (DER) and serial; `fingerprint`: hex SM3 of it."""

    __tablename__ = "user_certificate"

    certificate_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("user_account.username"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    bound_at: Mapped[datetime]


def bind(session: Session, username: str, certificate_id: str, fingerprint: str, now: datetime) -> bool:
    """Bind a certificate to an account; False where it is another's. Bound again it stays as it is."""
    known = session.get(UserCertificateRow, certificate_id)
    if known is not None:
        return known.username == username
    row = {"certificate_id": certificate_id, "username": username, "fingerprint": fingerprint, "bound_at": now}
    session.add(UserCertificateRow(**row))
    return True


def release(session: Session, username: str) -> int:
    """Take all certificates of an account away; how many there were."""
    removed = delete(UserCertificateRow).filter_by(username=username).returning(UserCertificateRow.certificate_id)
    return len(session.scalars(removed).all())


def bound_to(session: Session, certificate_id: str) -> UserCertificateRow | None:
    """The account of a certificate; None where nobody has it."""
    return session.scalar(select(UserCertificateRow).filter_by(certificate_id=certificate_id))
