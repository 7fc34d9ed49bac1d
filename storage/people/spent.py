"""What was asked once and has been answered: a second answer to it is worth nothing, also of two at once."""

from datetime import datetime

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new

_REMOVED_AT_ONCE = 100


class SpentRow(Base):
    """The id of a question (hex SHA-256), kept until no answer to it would count anyway."""

    __tablename__ = "spent_question"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def spend(session: Session, question: str, now: datetime, until: datetime) -> bool:
    """Whether this is the first answer to a question, which is over at `until`. Call it once the answer is right."""
    over = select(SpentRow.id).where(SpentRow.expires_at <= now).limit(_REMOVED_AT_ONCE)
    session.execute(delete(SpentRow).where(SpentRow.id.in_(over)))
    return insert_new(session, SpentRow, {"id": question, "expires_at": until})
