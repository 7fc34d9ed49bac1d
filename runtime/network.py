"""A partner network as it is wired here: all that the worker, the web process and the commands use of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from activities.job_loop import Part
from domain.jobs import Job
from exchange.reconciliation import BatchBooks
from partners.base import PartnerAdapter
from partners.callbacks import CallbackIntake
from relay.relay import Relay

Polls = Callable[[Relay], Mapping[Job, Part]]


def no_polls(_relay: Relay) -> Mapping[Job, Part]:
    """No jobs: for a network that calls us."""
    return {}


@dataclass(frozen=True)
class Network:
    """One partner network as it is wired here.

    `per_second`: activities a second, over all workers. `polls`: relay → its own jobs. `callbacks`: what takes its
    calls to us; None where it is polled. `books`: how its books are compared, for a wire without a query; else None.
    """

    adapter: PartnerAdapter
    per_second: float
    polls: Polls = no_polls
    callbacks: CallbackIntake | None = None
    books: BatchBooks | None = None
