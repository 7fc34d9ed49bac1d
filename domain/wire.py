"""The wire table: which event may follow which, per handling (contracts.md "Common rules").

A `HandlingTruth` is the wire's truth (decisions.md 1): it answers every protocol question at once,
with or without Temporal. `judge` decides, `advance` moves; both are pure.
"""

from enum import StrEnum

from domain.model import Frozen
from domain.terms import DECISIONS, WireEvent


class WireState(StrEnum):
    """What was said last between us and the authority about one handling."""

    UNSENT = "UNSENT"  # nothing submitted yet
    SUBMITTED = "SUBMITTED"
    RECEIVED = "RECEIVED"
    AWAITING_SUPPLEMENT = "AWAITING_SUPPLEMENT"
    SUPPLEMENTED = "SUPPLEMENTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    SUSPENDED = "SUSPENDED"
    DECIDED = "DECIDED"
    RESULT_SENT = "RESULT_SENT"


_E = WireEvent
_EARLY_OFFICE = frozenset({_E.ACCEPTED, _E.NOT_ACCEPTED, _E.NEED_SUPPLEMENT, _E.WITHDRAWN})
_REVIEW = frozenset({_E.REVIEWING, _E.NEED_SUPPLEMENT, _E.SUSPENDED, _E.APPROVED, _E.REJECTED, _E.WITHDRAWN})

MAY_FOLLOW: dict[WireState, frozenset[WireEvent]] = {
    WireState.UNSENT: frozenset(),
    WireState.SUBMITTED: _EARLY_OFFICE | {_E.RECEIVED},
    WireState.RECEIVED: _EARLY_OFFICE,
    WireState.AWAITING_SUPPLEMENT: frozenset({_E.NOT_ACCEPTED, _E.WITHDRAWN}),
    WireState.SUPPLEMENTED: _EARLY_OFFICE | _REVIEW | {_E.RECEIVED},
    WireState.UNDER_REVIEW: _REVIEW,
    WireState.SUSPENDED: frozenset({_E.RESUMED, _E.WITHDRAWN}),
    WireState.DECIDED: frozenset({_E.RESULT_SENT}),
    WireState.RESULT_SENT: frozenset(),
}

_LEADS_TO: dict[WireEvent, WireState] = {
    _E.RECEIVED: WireState.RECEIVED,
    _E.ACCEPTED: WireState.UNDER_REVIEW,
    _E.REVIEWING: WireState.UNDER_REVIEW,
    _E.RESUMED: WireState.UNDER_REVIEW,
    _E.NEED_SUPPLEMENT: WireState.AWAITING_SUPPLEMENT,
    _E.SUSPENDED: WireState.SUSPENDED,
    _E.APPROVED: WireState.DECIDED,
    _E.REJECTED: WireState.DECIDED,
    _E.NOT_ACCEPTED: WireState.DECIDED,
    _E.WITHDRAWN: WireState.DECIDED,
    _E.RESULT_SENT: WireState.RESULT_SENT,
}


class HandlingTruth(Frozen):
    """One handling as both sides of the wire must see it.

    `last_seq`: highest place in the partner's sequence that is used up (0: none; B has no sequence).
    `round`: the last supplement round that the authority opened (0: none).
    `decision`: the final decision taken, if any.
    """

    state: WireState = WireState.UNSENT
    last_event: WireEvent | None = None
    last_seq: int = 0
    round: int = 0
    decision: WireEvent | None = None
    withdrawal_asked: bool = False


class Verdict(StrEnum):
    """What becomes of an event (裁定)."""

    APPLIED = "APPLIED"  # took effect
    EARLY = "EARLY"  # a gap before it: parked
    LATE = "LATE"  # its place is used: recorded without effect
    UNKNOWN_EVENT = "UNKNOWN_EVENT"  # recorded, alert, uses up its place
    CONTRADICTION = "CONTRADICTION"  # handling on hold for a person, uses up its place
    REFUSED = "REFUSED"  # outside the table


def judge(truth: HandlingTruth, event: WireEvent | None, seq: int | None, round_: int | None = None) -> Verdict:
    """Decide about one event of the authority.

    `event` None is a name we do not know. `seq` None where the wire has no sequence (B).
    `round_` is the supplement round a NEED_SUPPLEMENT opens.
    """
    if seq is not None and seq <= truth.last_seq:
        return Verdict.LATE
    if seq is not None and seq > truth.last_seq + 1:
        return Verdict.EARLY
    if event is None:
        return Verdict.UNKNOWN_EVENT
    if truth.decision is not None and event in DECISIONS and event is not truth.decision:
        return Verdict.CONTRADICTION
    if event not in MAY_FOLLOW[truth.state]:
        return Verdict.REFUSED
    if event is WireEvent.NEED_SUPPLEMENT and round_ is not None and round_ != truth.round + 1:
        return Verdict.REFUSED
    return Verdict.APPLIED


def advance(truth: HandlingTruth, verdict: Verdict, event: WireEvent | None, seq: int | None) -> HandlingTruth:
    """The truth after a judged event; unchanged for EARLY, LATE and REFUSED."""
    if verdict in (Verdict.EARLY, Verdict.LATE, Verdict.REFUSED):
        return truth
    used = truth.model_copy(update={"last_seq": truth.last_seq if seq is None else seq})
    if verdict is not Verdict.APPLIED or event is None:
        return used
    return _moved(used, event)


def judge_snapshot(truth: HandlingTruth, event: WireEvent | None) -> Verdict:
    """Decide about the authority's current status, queried over a gap: it simply is so, but for a contradiction."""
    if event is None:
        return Verdict.UNKNOWN_EVENT
    contradicts = truth.decision is not None and event in DECISIONS and event is not truth.decision
    return Verdict.CONTRADICTION if contradicts else Verdict.APPLIED


def snapshot(truth: HandlingTruth, event: WireEvent, seq: int, round_: int | None = None) -> HandlingTruth:
    """The truth when the authority's current status was queried over a gap: it simply is so."""
    moved = _moved(truth, event).model_copy(update={"last_seq": seq})
    return moved if round_ is None else moved.model_copy(update={"round": round_})


def _moved(truth: HandlingTruth, event: WireEvent) -> HandlingTruth:
    return truth.model_copy(
        update={
            "state": _LEADS_TO[event],
            "last_event": event,
            "round": truth.round + 1 if event is WireEvent.NEED_SUPPLEMENT else truth.round,
            "decision": event if event in DECISIONS else truth.decision,
        }
    )


def after_submit(truth: HandlingTruth) -> HandlingTruth:
    """Our submission is stored and on its way; from now on the authority may speak."""
    return truth.model_copy(update={"state": WireState.SUBMITTED})


def after_supplement(truth: HandlingTruth, round_: int) -> HandlingTruth:
    """Our supplement for the open round is stored and on its way. Only the open round may be answered."""
    if truth.state is not WireState.AWAITING_SUPPLEMENT or truth.round != round_:
        return truth
    return truth.model_copy(update={"state": WireState.SUPPLEMENTED})


def may_supplement(truth: HandlingTruth, round_: int) -> bool:
    """A supplement is allowed for the open round only."""
    return truth.state is WireState.AWAITING_SUPPLEMENT and truth.round == round_


def may_withdraw(truth: HandlingTruth) -> bool:
    """A withdrawal is allowed before a final decision and once only."""
    return truth.state is not WireState.UNSENT and truth.decision is None and not truth.withdrawal_asked
