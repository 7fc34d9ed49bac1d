"""Which steps of a case, and which moments of a parcel, are told to the applicant (告知节点); the others are not.

A step is named by its kind in the history. One that is in neither table fails a test: somebody must have decided.
"""

from collections.abc import Mapping

from domain.applicant_messages import MessageKind
from domain.messages import DeadlineKind
from domain.recording import RESULT_AVAILABLE
from domain.tasks import TaskKind
from domain.terms import WireEvent

_M = MessageKind

TOLD: Mapping[str, MessageKind] = {
    "COLLECTED": _M.COLLECTED,
    WireEvent.ACCEPTED: _M.ACCEPTED,
    WireEvent.NOT_ACCEPTED: _M.NOT_ACCEPTED,
    WireEvent.NEED_SUPPLEMENT: _M.SUPPLEMENT_NEEDED,
    "SUPPLEMENTED": _M.SUPPLEMENT_PASSED_ON,
    WireEvent.SUSPENDED: _M.SUSPENDED,
    WireEvent.RESUMED: _M.RESUMED,
    "LIMIT_EXTENDED": _M.LIMIT_EXTENDED,  # 行政许可法第四十二条: the reason is owed to the applicant
    WireEvent.APPROVED: _M.APPROVED,
    WireEvent.REJECTED: _M.REJECTED,
    WireEvent.WITHDRAWN: _M.WITHDRAWN,
    WireEvent.RESULT_SENT: _M.RESULT_ON_ITS_WAY,
    RESULT_AVAILABLE: _M.RESULT_ONLINE,
    "CLOSED_AS_FAILED": _M.ENDED,
    "PAPERS_NEVER_CAME": _M.ENDED,
    "DEFERRED": _M.PAPER_OWED,
    "GAP_CLOSED": _M.PAPERS_COMPLETE,
    "PAPERS_DIFFER": _M.PAPERS_DIFFER,
    "PAPERS_AWAITED": _M.PAPER_TO_BRING,
    "DEFERRED_GIVEN_UP": _M.RESULT_WITHHELD,
    "AWAITING_COLLECTION": _M.RESULT_AT_HALL,
    "COLLECTION_REMINDER": _M.RESULT_STILL_AT_HALL,
    "HANDED_OVER": _M.DELIVERED,
    TaskKind.COMPENSATION: _M.PART_DONE_ONLY,
    TaskKind.DEADLINE_WARNING: _M.PAPER_DUE_SOON,  # of `REMINDED` clocks only
}
"""Step of a case → what the applicant is told."""

REMINDED = frozenset({DeadlineKind.SUPPLEMENT_REPLY, DeadlineKind.DEFERRED_MATERIAL, DeadlineKind.MISSING_PAPER})
"""Clocks whose end the applicant must meet: the warning is for them too, other clocks' are for whoever must act."""

NAMED_CLOCK: Mapping[MessageKind, DeadlineKind] = {
    _M.SUPPLEMENT_NEEDED: DeadlineKind.SUPPLEMENT_REPLY,
    _M.LIMIT_EXTENDED: DeadlineKind.DECISION_STATUTORY,
    _M.PAPER_OWED: DeadlineKind.DEFERRED_MATERIAL,
    _M.PAPER_TO_BRING: DeadlineKind.MISSING_PAPER,
    _M.RESULT_AT_HALL: DeadlineKind.COLLECTION,
}
"""What is told → the clock that the same step starts and whose end it names."""

OF_A_PARCEL: Mapping[str, MessageKind] = {
    "ATTEMPT_FAILED": _M.VISIT_FAILED,
    TaskKind.DELIVERY_FAILED: _M.VISIT_FAILED,
    TaskKind.PLACE_ADDRESS: _M.ADDRESS_UNCLEAR,
    TaskKind.PROMISE_BROKEN: _M.PROMISE_LATE,
    TaskKind.PARCEL_DAMAGED: _M.PARCEL_DAMAGED,
    TaskKind.PARCEL_LOST: _M.PARCEL_LOST,
    TaskKind.LEG_OVERDUE: _M.PARCEL_LATE,
    "LEG_DELIVERED": _M.DELIVERED,  # of a delivery at the door only
}
"""Moment of a parcel → what the applicant is told; visits are told by the plan (`parcels.telling`)."""

SILENT = frozenset(
    {
        *(WireEvent.RECEIVED, WireEvent.REVIEWING),  # nothing to do, and the page shows them
        *("REGISTERED", "SUBMITTED", "PASSING_ON", "PAPERS_SENT", "PAPERS_ARRIVED", "SENT_AGAIN"),
        *("CLOCK_STARTED", "CALENDAR_CHANGED", "TASK_RESOLVED", "CLOSED", "REOPENED", "DEFERRED_VOID"),
        *("PAPERS_AGREED", "PAPERS_BROUGHT"),
        *("WAITING", "TURN_CAME", "NOT_BEGUN", "COMPENSATED"),  # a clerk tells the applicant what came of it
        "LICENCES_HOLD",
        *("CONSENT_WITHDRAWN", "DOCUMENTS_ERASED", "PERSONAL_ERASED"),  # asked for, or long after the end
        *("LEG_BOOKED", "LEG_CANCELLED", "LEG_RETURNED", "LEG_LOST", "LEG_ABANDONED", "REDISPATCHED"),
        *(kind for kind in TaskKind if kind not in TOLD and kind not in OF_A_PARCEL),  # somebody of ours must act
    }
)
"""What is not told: our own work, or what another message says already."""
