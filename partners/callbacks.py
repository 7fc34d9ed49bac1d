"""A callback as HTTP: what a network that calls us sends, before anything is verified, and what it gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class RawCallback:
    """A request as it came. `path` and `query` as on the wire; header names in any case, values undecoded latin-1.

    `body` None: longer than the intake's `max_bytes`, not read to its end.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None


class CallbackAnswer(NamedTuple):
    """An HTTP answer, ready to send; `code` is the contract's, for our exchange log."""

    code: str
    status: int
    headers: dict[str, str]
    body: bytes


class CallbackIntake(Protocol):
    """Takes the callbacks of one network. Thread-safe; `take` blocks on the database for some milliseconds."""

    @property
    def max_bytes(self) -> int:
        """The longest body that is read."""
        ...

    @property
    def at_once(self) -> int:
        """How many threads may usefully be in `take`; more would only wait for the database."""
        ...

    def take(self, raw: RawCallback) -> CallbackAnswer:
        """The answer to one callback; never raises on the sender's account, nor for a database that is away."""
        ...
