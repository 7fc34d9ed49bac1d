"""Who was shown an applicant's phone number (查看电话), when, about which case and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.sealed_types import SealedText


class PhoneViewRow(Base):
    """One look at one number; append-only. The number itself is not kept here.

    `whose`: a `domain.phone_views.Whose`. `leg_id`: the parcel in whose matter it was asked for, None for the case's.
    `by`, `role`: the user. `reason`: in their words.
    """

    __tablename__ = "phone_view"
    __table_args__ = (Index("ix_phone_view_case", "case_no", "at"), Index("ix_phone_view_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    leg_id: Mapped[str | None] = mapped_column(String(48))
    whose: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(SealedText("phone_view.reason"))
    at: Mapped[datetime]
