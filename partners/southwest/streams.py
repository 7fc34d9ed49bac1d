"""What the adapter needs remembered about its outgoing streams; implemented by `exchange.southwest.streams`.

One stream per (us, province). Everything here survives a kill: a batch once formed is sent byte for byte until it is
taken or refused, a row is in one batch at a time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.model import Frozen
from partners.southwest.batch import Batch, StreamHead


class RowState(StrEnum):
    """Where a row of ours is on its way to its receipt."""

    WAITING = "WAITING"  # for the next batch
    BATCHED = "BATCHED"  # in a batch that the hub has not confirmed
    TAKEN = "TAKEN"  # the hub has the batch; the receipt is still to come
    CONFIRMED = "CONFIRMED"  # receipted ok
    REFUSED = "REFUSED"  # receipted otherwise


class OutgoingRow(Frozen):
    """A rendered command on its way into a batch. `written_at`: its cd_time. `content`: one line, ends with LF."""

    key: str
    handling_no: str
    row_guid: str
    written_at: datetime
    content: bytes


class RowStanding(Frozen):
    """State of a row, the code of its receipt if there is one, and when the hub took its batch."""

    state: RowState
    code: str = ""
    taken_at: datetime | None = None


class CommandVerdict(Frozen):
    """What a receipt says about a command of ours; where `ok` is false a person decides.

    `key`: of the command. `code`: the row's or the batch's. `sentence`: for that person, "" where `ok`.
    """

    key: str
    handling_no: str
    ok: bool
    code: str
    sentence: str


Form = Callable[[Sequence[OutgoingRow], StreamHead], Batch]
"""Makes and signs the next batch of a stream from waiting rows."""


class OutgoingStreams(Protocol):
    """Memory of what we send. `province`: 6 digits; `key`: of the command; `began`: on `time.perf_counter`."""

    def last_written_at(self, handling_no: str) -> datetime | None:
        """cd_time of the newest row of this handling; None: it has none. Reads only."""
        ...

    def enqueue(self, province: str, row: OutgoingRow) -> None:
        """Take a row in; again with the same key is harmless. A refused row waits anew: a person resends it."""
        ...

    def standing(self, key: str) -> RowStanding | None:
        """Where the row with this key is; None: no such row was taken in."""
        ...

    def to_send(self, province: str, form: Form, limit: int) -> Batch | None:
        """The batch that the hub has not confirmed yet, else a new one of at most `limit` waiting rows, else None."""
        ...

    def taken(self, batch: Batch, now: datetime, began: float) -> None:
        """Note that exch0001 was answered `00`. `began`: when it was called."""
        ...

    def resent(self, batch: Batch, now: datetime, began: float) -> None:
        """Note that the batch was sent once more, byte for byte."""
        ...

    def refused(self, batch: Batch, code: str, now: datetime, began: float) -> None:
        """Void the batch and those after it: their seqs are free again, their rows wait for a new batch."""
        ...

    def give_up(self, key: str, code: str) -> None:
        """Refuse a row that is in no batch, so that nobody sends it again unless a person asks for it."""
        ...

    def without_receipt(self, province: str) -> Sequence[Batch]:
        """Batches that the hub has taken and that are not receipted ok, in the order of seq."""
        ...
