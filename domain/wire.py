"""The wire table: which event may follow which, per handling (contracts.md "What may follow").

A `WireProgress` is kept in the handling's row and yields every protocol answer at once, with or without Temporal
(decisions.md 1). `judge` says what becomes of an event, `advance` gives the progress after it; both are pure.
"""

from enum import StrEnum

from domain.model import Frozen
from domain.terms import DECISIONS, WireEvent


class WireState(StrEnum):
    """What was said last between us and the authority about one handling (线路状态)."""

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


class WireProgress(Frozen):
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


def judge(progress: WireProgress, event: WireEvent | None, seq: int | None, round_: int | None = None) -> Verdict:
    """What becomes of one event of the authority.

    `event` None: a name that we do not know. `seq`: the partner's sequence from 1; None where the wire has none (B).
    `round_`: the supplement round that a NEED_SUPPLEMENT opens; it must be the next one.
    """
    if seq is not None and seq <= progress.last_seq:
        return Verdict.LATE
    if seq is not None and seq > progress.last_seq + 1:
        return Verdict.EARLY
    if event is None:
        return Verdict.UNKNOWN_EVENT
    if progress.decision is not None and event in DECISIONS and event is not progress.decision:
        return Verdict.CONTRADICTION
    if event not in MAY_FOLLOW[progress.state]:
        return Verdict.REFUSED
    if event is WireEvent.NEED_SUPPLEMENT and round_ is not None and round_ != progress.round + 1:
        return Verdict.REFUSED
    return Verdict.APPLIED


def advance(progress: WireProgress, verdict: Verdict, event: WireEvent | None, seq: int | None) -> WireProgress:
    """The progress after a judged event; unchanged for EARLY, LATE and REFUSED."""
    if verdict in (Verdict.EARLY, Verdict.LATE, Verdict.REFUSED):
        return progress
    used = progress.model_copy(update={"last_seq": progress.last_seq if seq is None else seq})
    if verdict is not Verdict.APPLIED or event is None:
        return used
    return _moved(used, event)


def judge_snapshot(progress: WireProgress, event: WireEvent | None) -> Verdict:
    """What becomes of the authority's current status, queried over a gap: APPLIED, CONTRADICTION or UNKNOWN_EVENT.

    Whatever is missing before it does not matter (contracts.md "Acknowledgement").
    """
    if event is None:
        return Verdict.UNKNOWN_EVENT
    contradicts = progress.decision is not None and event in DECISIONS and event is not progress.decision
    return Verdict.CONTRADICTION if contradicts else Verdict.APPLIED


def snapshot(progress: WireProgress, event: WireEvent, seq: int, round_: int | None = None) -> WireProgress:
    """The progress after a status that was queried over a gap: `event` at place `seq`, `round_` where it says one."""
    moved = _moved(progress, event).model_copy(update={"last_seq": seq})
    return moved if round_ is None else moved.model_copy(update={"round": round_})


def _moved(progress: WireProgress, event: WireEvent) -> WireProgress:
    return progress.model_copy(
        update={
            "state": _LEADS_TO[event],
            "last_event": event,
            "round": progress.round + 1 if event is WireEvent.NEED_SUPPLEMENT else progress.round,
            "decision": event if event in DECISIONS else progress.decision,
        }
    )


def after_submit(progress: WireProgress) -> WireProgress:
    """The progress once our submission is stored and on its way: from now on the authority may speak."""
    return progress.model_copy(update={"state": WireState.SUBMITTED})


def after_supplement(progress: WireProgress, round_: int) -> WireProgress:
    """The progress once our supplement for round `round_` is stored and on its way; unchanged if that is not open."""
    if progress.state is not WireState.AWAITING_SUPPLEMENT or progress.round != round_:
        return progress
    return progress.model_copy(update={"state": WireState.SUPPLEMENTED})


def may_supplement(progress: WireProgress, round_: int) -> bool:
    """Whether round `round_` is the open one: a supplement is allowed for no other (contracts.md "Commands")."""
    return progress.state is WireState.AWAITING_SUPPLEMENT and progress.round == round_


def may_withdraw(progress: WireProgress) -> bool:
    """Whether a withdrawal may be sent: after the submission, before a final decision, and once."""
    return progress.state is not WireState.UNSENT and progress.decision is None and not progress.withdrawal_asked
