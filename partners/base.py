"""The interface in front of three different wires (contracts.md A, B and C).

A command is rendered once, stored sealed, then sent as often as it takes (contracts.md "Outbound calls"): a retry
changes the nonce, the timestamp and the signature, nothing else. Errors are `domain.errors`.
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
    """What every network can do, one attempt each; whoever calls retries.

    Raises `domain.errors.PartnerError` on the wire's account and nothing else: PartnerUnavailable and its
    PartnerResting (again later), AnswerLost and its PartnerUntrusted (the effect is unknown), PartnerRefused (a person
    decides).
    """

    partner: Partner

    def render(self, command: Command) -> Rendered:
        """The command in the partner's words, as bytes. Calls nobody; ids and times are fixed here once.

        To be stored before the first `send` (decisions.md 5).
        """
        ...

    def send(self, rendered: Rendered) -> Receipt:
        """Send the stored bytes once. The same key again has one effect; the receipt says `duplicate` then.

        On B the receipt is `awaiting_receipt`: the hub has it, and the province's word comes by a poll.
        """
        ...

    def put_file(self, handling: HandlingRef, sha256: str, data: bytes) -> None:
        """Send one file (≤ 20 MB) before the command that names it; sending it again is harmless.

        `sha256`: lower-case hex of `data` (contracts.md "Files").
        """
        ...

    def get_file(self, handling: HandlingRef, sha256: str) -> bytes:
        """Fetch a file that an event named; the hash has been checked.

        Raises PartnerRefused while the partner does not have it (A CY4041, B SW200201, C -906).
        """
        ...

    def query(self, handling: HandlingRef) -> InboundMessage | None:
        """The authority's latest event; None: none yet, or it does not know the case.

        B has no query: raises PartnerRefused, code NO_QUERY.
        """
        ...
