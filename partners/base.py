"""The one small interface in front of three truly different wires.

A command is rendered once, stored sealed, then sent as often as it takes (contracts.md "Common rules"):
a retry changes the nonce, the timestamp and the signature, nothing else. Errors are `domain.errors`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.inbound import InboundMessage
from domain.outbound import (
    Command,
    HandlingRef,
    NoticeSent,
    Paper,
    Person,
    Receipt,
    Rendered,
    SentMaterial,
    SentParcel,
    Submission,
    Supplement,
    Withdrawal,
)
from domain.terms import Partner

__all__ = [
    "Command",
    "HandlingRef",
    "NoticeSent",
    "Now",
    "Paper",
    "PartnerAdapter",
    "Person",
    "Receipt",
    "Rendered",
    "SentMaterial",
    "SentParcel",
    "Submission",
    "Supplement",
    "Withdrawal",
]

Now = Callable[[], datetime]
"""The wall clock, injected so that tests can move it; returns an aware datetime."""


class PartnerAdapter(Protocol):
    """What every network can do. Raises `domain.errors.PartnerError` and nothing else on the wire's account.

    `send`, `put_file`, `get_file` and `query` are one attempt each; whoever calls them retries.
    """

    partner: Partner

    def render(self, command: Command) -> Rendered:
        """Pure but for ids and times, which are fixed here once."""
        ...

    def send(self, rendered: Rendered) -> Receipt: ...

    def put_file(self, handling: HandlingRef, sha256: str, data: bytes) -> None:
        """Send one file (≤ 20 MB) before the command that names it; sending it again is harmless."""
        ...

    def get_file(self, handling: HandlingRef, sha256: str) -> bytes:
        """Fetch a file that an event named; the hash has been checked."""
        ...

    def query(self, handling: HandlingRef) -> InboundMessage | None:
        """The authority's latest event (None: none yet). B has no query: raises PartnerRefused, code NO_QUERY."""
        ...
