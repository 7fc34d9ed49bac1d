"""What was exchanged with a network, and how the books compare."""

from domain.reconciliation import DifferenceKind
from web.answers.base import Answer, Day, Moment


class InboxLine(Answer):
    """A message of theirs."""

    id: int
    message_id: str
    handling_no: str
    event: str
    seq: int | None
    state: str
    verdict: str | None
    attempts: int
    error: str | None
    received_at: Moment


class CommandLine(Answer):
    """A command of ours."""

    key: str
    kind: str
    handling_no: str
    state: str
    attempts: int
    error: str | None
    rendered_at: Moment
    sent_at: Moment | None


class ExchangeLine(Answer):
    """One call, `in` or `out`; `body` names where it is sealed."""

    id: int
    at: Moment
    direction: str
    kind: str
    message_id: str
    handling_no: str | None
    sha256: str
    size: int
    body: str | None
    verdict: str
    duration_ms: int


class Deliveries(Answer):
    """Latest first; each list has a `Link` header of its own to its next page."""

    inbox: list[InboxLine]
    commands: list[CommandLine]
    exchanges: list[ExchangeLine]


class Replayed(Answer):
    """A dead message that is delivered or judged once more; `state`: its state now."""

    id: int
    state: str


class DifferenceShown(Answer):
    """Where the books differ."""

    subject: str
    kind: DifferenceKind
    ours: str
    theirs: str
    repaired: bool
    advice: str


class Reconciliation(Answer):
    """One day's books (对账). `unanswered`: handlings about which the network could not be asked."""

    day: Day
    made_at: Moment
    compared: int
    unanswered: int
    clean: bool
    differences: list[DifferenceShown]


class ReconciliationList(Answer):
    """Latest first."""

    reports: list[Reconciliation]
