"""Papers of a case, one row each (材料通行证), and every sighting of them; no personal data in either.

Where a paper is follows from its legs and counts (`logistics.holders`); what is here is written with them.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.papers import PaperDecision
from storage.base import Base, insert_all_new


class PaperRow(Base):
    """One paper; `paper_no` is `{case_no}-P{number}`, `number` from 1 within the case.

    `source`: what it was issued for, once (`parcels.passports`). `round`: 0 with the case, else the supplement's.
    `seq`: in the item's list, None for a result. `count`: pieces as said; `counted`: at the last count, None before
    the first. `place`, `place_id`: a HolderKind and whom. `decision`: about the difference `count` to `decided_for`.
    `keep`: the item's rule says that the authority keeps it once it approves. `fate`: a PaperFate, None before it.
    """

    __tablename__ = "paper"
    __table_args__ = (UniqueConstraint("case_no", "source"), UniqueConstraint("case_no", "number"))

    paper_no: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    handling_no: Mapped[str | None] = mapped_column(String(21))  # None: of the whole case
    number: Mapped[int]
    source: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(200))
    form: Mapped[str] = mapped_column(String(16))
    count: Mapped[int]
    pages: Mapped[int]
    travels: Mapped[bool]  # goes to the authority on paper
    keep: Mapped[bool] = mapped_column(default=False)
    start: Mapped[str] = mapped_column(String(16))  # where it was when it was issued, with `start_id`
    start_id: Mapped[str | None] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(16))
    place_id: Mapped[str | None] = mapped_column(String(64))
    counted: Mapped[int | None]
    counted_by: Mapped[str | None] = mapped_column(String(64))
    counted_at: Mapped[datetime | None]
    counted_where: Mapped[str | None] = mapped_column(String(16))
    decision: Mapped[str | None] = mapped_column(String(16))
    decided_for: Mapped[int | None]
    fate: Mapped[str | None] = mapped_column(String(16))

    @property
    def there(self) -> int:
        """Pieces that there are: as counted last, as said before the first count."""
        return self.count if self.counted is None else self.counted

    @property
    def differs(self) -> bool:
        """Whether the last count is not what was said, and nobody has agreed to go on with what is there."""
        if self.counted is None or self.counted == self.count:
            return False
        return not (self.decision == PaperDecision.WITHOUT and self.decided_for == self.counted)

    @property
    def awaited(self) -> bool:
        """Whether it differs and the applicant brings what lacks."""
        return self.differs and self.decision == PaperDecision.BRING and self.decided_for == self.counted


class PaperSightingRow(Base):
    """One sighting of one paper; rows are only ever added. `counted` None: it has changed hands and was not counted.

    `event_id`: of the scan or hand-over, or of what was done at the window. `by`: who, an id or a login. `at`: when it
    happened, `recorded_at`: when we heard of it. `leg_id` None: at the window.
    """

    __tablename__ = "paper_sighting"
    __table_args__ = (UniqueConstraint("paper_no", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(String(21), index=True)
    paper_no: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(String(96))
    leg_id: Mapped[str | None] = mapped_column(String(48))
    place: Mapped[str] = mapped_column(String(16))
    said: Mapped[int]
    counted: Mapped[int | None]
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]


def papers_of(session: Session, case_no: str) -> list[PaperRow]:
    """The papers of a case by their number; [] for a case from before passports until a parcel of it is booked."""
    return list(session.scalars(select(PaperRow).filter_by(case_no=case_no).order_by(PaperRow.number)))


def sightings_of(session: Session, case_no: str) -> list[PaperSightingRow]:
    """Every sighting of a case's papers, in the order in which they happened."""
    found = select(PaperSightingRow).filter_by(case_no=case_no)
    return list(session.scalars(found.order_by(PaperSightingRow.at, PaperSightingRow.id)))


def add_sightings(session: Session, seen: Iterable[PaperSightingRow]) -> None:
    """Add sightings; one that is known, by its paper and event, is left as it is."""
    values = [
        {column.name: getattr(row, column.name) for column in PaperSightingRow.__table__.columns if column.name != "id"}
        for row in seen
    ]
    if values:
        insert_all_new(session, PaperSightingRow, values, PaperSightingRow.id)
