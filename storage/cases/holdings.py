"""Who has a handling (认领): an officer takes it, a colleague takes it over with a reason; every change is kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.cases.rows import HandlingRow
from storage.sealing import Sealer


class HoldingRow(Base):
    """One change of who has a handling, append-only. `holder` None: it was given back; `by`: who did it.

    `reason`: sealed under `holding/{handling_no}`, since people write names into it; None where none was needed.
    """

    __tablename__ = "handling_holding"

    id: Mapped[int] = mapped_column(primary_key=True)
    handling_no: Mapped[str] = mapped_column(ForeignKey("handling.handling_no"), index=True)
    holder: Mapped[str | None] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)

    def words(self, sealer: Sealer) -> str:
        """The reason, opened; "" without one."""
        return sealer.open(self.reason, _place(self.handling_no)).decode() if self.reason is not None else ""


def hold(
    session: Session, sealer: Sealer, handling: HandlingRow, holder: str | None, *, by: str, now: datetime, reason: str
) -> None:
    """From now on `holder` has the handling, which is locked; None: nobody. Nothing where it is so already."""
    if handling.held_by == holder:
        return
    handling.held_by, handling.held_since = holder, now if holder is not None else None
    sealed = sealer.seal(reason.encode(), _place(handling.handling_no)) if reason else None
    session.add(HoldingRow(handling_no=handling.handling_no, holder=holder, by=by, at=now, reason=sealed))


def holdings_of(session: Session, handling_no: str) -> list[HoldingRow]:
    """Who has had it, the first one first."""
    return list(session.scalars(select(HoldingRow).filter_by(handling_no=handling_no).order_by(HoldingRow.id)))


def _place(handling_no: str) -> str:
    return f"holding/{handling_no}"
