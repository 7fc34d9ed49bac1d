"""A partner network as it is wired here: all that the worker, the web process and the commands use of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from partners.base import PartnerAdapter
from partners.callbacks import CallbackIntake
from relay.reconciliation import BatchBooks
from relay.relay import Relay

Activity = Callable[..., Any]
Polls = Callable[[Relay], Sequence[Activity]]


def no_polls(_relay: Relay) -> Sequence[Activity]:
    """Of a network that calls us."""
    return ()


@dataclass(frozen=True)
class Network:
    """`polls`: the activities of its own rounds; `callbacks`: where it calls us; `books`: of a wire without a query."""

    adapter: PartnerAdapter
    per_second: float
    polls: Polls = no_polls
    callbacks: CallbackIntake | None = None
    books: BatchBooks | None = None
