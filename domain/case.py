"""The case table: what may be done with a case in each status, and how handlings join to one status."""

from collections.abc import Iterable
from enum import StrEnum

from domain.terms import CaseStatus, WireEvent

_S = CaseStatus


class Action(StrEnum):
    """What can happen to a case, for `ALLOWED_ACTIONS` (办件动作)."""

    CHECK_PAPERS = "CHECK_PAPERS"  # the hall has checked the papers (收件)
    SUBMIT = "SUBMIT"  # passed on to the authorities (转递)
    AUTHORITY_EVENT = "AUTHORITY_EVENT"  # an authority has said something
    SUPPLEMENT = "SUPPLEMENT"  # the applicant has brought what was missing (补正)
    WITHDRAW = "WITHDRAW"  # the applicant asks to stop (撤回)
    CLOSE_AS_FAILED = "CLOSE_AS_FAILED"  # a person ends it (人工终止)


_WITH_AUTHORITY = frozenset(
    {
        _S.SUBMITTED,
        _S.RECEIVED,
        _S.ACCEPTED,
        _S.SUPPLEMENT_REQUIRED,
        _S.SUPPLEMENTED,
        _S.REVIEWING,
        _S.SUSPENDED,
    }
)

ALLOWED_ACTIONS: dict[CaseStatus, frozenset[Action]] = {
    _S.REGISTERED: frozenset({Action.CHECK_PAPERS, Action.WITHDRAW, Action.CLOSE_AS_FAILED}),
    _S.COLLECTED: frozenset({Action.SUBMIT, Action.WITHDRAW, Action.CLOSE_AS_FAILED}),
    _S.WAITING: frozenset({Action.SUBMIT, Action.WITHDRAW, Action.CLOSE_AS_FAILED}),
    **{s: frozenset({Action.AUTHORITY_EVENT, Action.WITHDRAW, Action.CLOSE_AS_FAILED}) for s in _WITH_AUTHORITY},
    _S.SUPPLEMENT_REQUIRED: frozenset(
        {Action.AUTHORITY_EVENT, Action.SUPPLEMENT, Action.WITHDRAW, Action.CLOSE_AS_FAILED}
    ),
    **{s: frozenset() for s in CaseStatus if s.is_outcome},
}

STATUS_AFTER: dict[WireEvent, CaseStatus] = {
    WireEvent.RECEIVED: _S.RECEIVED,
    WireEvent.ACCEPTED: _S.ACCEPTED,
    WireEvent.NOT_ACCEPTED: _S.NOT_ACCEPTED,
    WireEvent.NEED_SUPPLEMENT: _S.SUPPLEMENT_REQUIRED,
    WireEvent.REVIEWING: _S.REVIEWING,
    WireEvent.SUSPENDED: _S.SUSPENDED,
    WireEvent.RESUMED: _S.REVIEWING,
    WireEvent.APPROVED: _S.APPROVED,
    WireEvent.REJECTED: _S.REJECTED,
    WireEvent.WITHDRAWN: _S.WITHDRAWN,
}
"""The wire's event → the handling's status; the one map between the two tables (decisions.md 1).

RESULT_SENT is not in it: the papers move, the status stays."""

_REFUSALS = (_S.NOT_ACCEPTED, _S.REJECTED)
_URGENCY = [
    _S.SUPPLEMENT_REQUIRED,  # the applicant must act: say so first
    _S.REGISTERED,
    _S.COLLECTED,
    _S.SUBMITTED,
    _S.RECEIVED,
    _S.SUPPLEMENTED,
    _S.ACCEPTED,
    _S.REVIEWING,
    _S.SUSPENDED,
    _S.WAITING,  # nobody acts on it: what it waits for says where the case stands
]


def may(status: CaseStatus, action: Action) -> bool:
    """Whether `ALLOWED_ACTIONS` lists the action for this status."""
    return action in ALLOWED_ACTIONS[status]


def join(statuses: Iterable[CaseStatus]) -> CaseStatus:
    """One status for a case of several handlings (多地联办).

    One refusal: refused (NOT_ACCEPTED before REJECTED). Else, while one is open, what needs somebody soonest, else the
    handling that is least far. Else FAILED or WITHDRAWN if one is; a step that was never begun without either: the
    applicant has stopped between two steps, WITHDRAWN. All approved: APPROVED.
    """
    all_of = list(statuses)
    for refusal in _REFUSALS:
        if refusal in all_of:
            return refusal
    still_open = [s for s in all_of if not s.is_outcome]
    if still_open:
        return min(still_open, key=_URGENCY.index)
    for outcome in (_S.FAILED, _S.WITHDRAWN):
        if outcome in all_of:
            return outcome
    if _S.NOT_BEGUN in all_of:
        return _S.WITHDRAWN
    return _S.APPROVED
