"""What a reconciliation (对账) of one network and day found: where our books and theirs differ."""

from datetime import date, datetime
from enum import StrEnum

from domain.model import Frozen
from domain.terms import Partner


class DifferenceKind(StrEnum):
    """How the books differ (差异类型)."""

    THEY_ARE_AHEAD = "THEY_ARE_AHEAD"  # an event has not reached us: repaired by taking their status
    WE_ARE_AHEAD = "WE_ARE_AHEAD"  # they know less than they have told us
    OTHER_EVENT = "OTHER_EVENT"  # the same place in the sequence, another event
    CONTRADICTION = "CONTRADICTION"  # another final decision than the one taken: a person looks at it
    NOT_RECEIPTED = "NOT_RECEIPTED"  # B: no receipt for a batch after 24 h
    CHAIN_BROKEN = "CHAIN_BROKEN"  # B: a batch is missing in a stream
    ROW_OPEN = "ROW_OPEN"  # B: a row that no receipt has settled after 24 h


class Difference(Frozen):
    """One handling (B: also a batch or a row) over which the books differ. No personal data."""

    subject: str
    kind: DifferenceKind
    ours: str = ""
    theirs: str = ""
    repaired: bool = False


class ReconciliationReport(Frozen):
    """One network, one day of Asia/Shanghai. `unanswered`: handlings that the network could not be asked about."""

    partner: Partner
    day: date
    made_at: datetime
    compared: int
    differences: tuple[Difference, ...] = ()
    unanswered: int = 0

    @property
    def clean(self) -> bool:
        """All was compared, and what differed is repaired."""
        return self.unanswered == 0 and all(difference.repaired for difference in self.differences)
