"""What the quarter's figures ask of a case's handlings, history and clocks: one narrow row for a case.

Kept by triggers of the database in the very transaction that writes a case, a handling, a line, a clock or a leg
(migrations 0016, 0017 and 0032), so no writer can forget it. Each adds to the row in one statement: two at once end as
one after the other.
"""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.keyset import partial_index


class CaseFactsRow(Base):
    """The facts of a case; read only.

    handlings, scheme   how many, and of one of them
    told                lines of acceptance, decision and special procedures
    accepted_at, ended_at   the first line of each kind
    handed_over         lines of it
    clocks              promised ones; `clock_due_at`, `clock_stopped_at`: of the only one, of several of any
    first_due_at        the soonest end of its running clocks of any kind; None: none runs
    month               of its registration by the hall's clock, `yyyy-MM`
    closed, at_desk, fetched    whether it is closed, was handed in at a desk, and a courier has brought its papers
    clock_kept          1 where of each authority's last promised clock, if it has stopped, it was before its end; 0
                        where not of all; None: none of them has stopped
    clock_runs_to       the soonest end of those of them that run; None: none runs
    """

    __tablename__ = "case_facts"
    __table_args__ = ({"sqlite_with_rowid": False},)  # found by its number in one search and not in two

    case_no: Mapped[str] = mapped_column(String(21), primary_key=True)
    handlings: Mapped[int]
    scheme: Mapped[str | None] = mapped_column(String(16))
    told: Mapped[int]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    handed_over: Mapped[int]
    clocks: Mapped[int]
    clock_due_at: Mapped[datetime | None]
    clock_stopped_at: Mapped[datetime | None]
    first_due_at: Mapped[datetime | None]
    month: Mapped[str | None] = mapped_column(String(7))
    closed: Mapped[bool]
    at_desk: Mapped[bool]
    fetched: Mapped[bool]
    clock_kept: Mapped[int | None]
    clock_runs_to: Mapped[datetime | None]


partial_index("ix_case_facts_due", CaseFactsRow.first_due_at, where="first_due_at IS NOT NULL")
_RUNS = (CaseFactsRow.month, CaseFactsRow.clock_runs_to, CaseFactsRow.clock_kept)
partial_index("ix_case_facts_runs", *_RUNS, where="clock_runs_to IS NOT NULL")
