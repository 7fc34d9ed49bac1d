"""What the carrier said about a parcel, line by line, known code or not: shown as it came, never guessed."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class CarrierLineRow(Base):
    """One line of a trace (邮件轨迹). A line that comes again with another time is a second row."""

    __tablename__ = "carrier_line"
    __table_args__ = (UniqueConstraint("tracking_no", "op_code", "org", "occurrence", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tracking_no: Mapped[str] = mapped_column(String(32), index=True)
    op_code: Mapped[str] = mapped_column(String(16))
    org: Mapped[str] = mapped_column(String(120))
    occurrence: Mapped[int]
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(String(500))
    known: Mapped[bool]
    recorded_at: Mapped[datetime]


LineKey = tuple[str, str, int, datetime]


def line_keys(session: Session, tracking_no: str) -> set[LineKey]:
    """(code, place, occurrence, time) of every line that is stored."""
    rows = session.scalars(select(CarrierLineRow).filter_by(tracking_no=tracking_no))
    return {(row.op_code, row.org, row.occurrence, row.at) for row in rows}


def lines_of(session: Session, tracking_no: str) -> list[CarrierLineRow]:
    """In the order in which they came."""
    return list(session.scalars(select(CarrierLineRow).filter_by(tracking_no=tracking_no).order_by(CarrierLineRow.id)))
