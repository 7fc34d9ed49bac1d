"""What a judged message of an authority comes to for its case: the name and the argument of an Update, or nothing."""

from typing import Any

from domain.inbound import InboundMessage
from domain.messages import AuthorityEvent, HoldNotice
from domain.naming import CaseUpdate
from domain.wire import Verdict


def update_for(message: InboundMessage, verdict: Verdict) -> tuple[str, dict[str, Any]] | None:
    """(Name, argument as JSON) of the Update for the case, or None where the case need not know.

    APPLIED gives `authority_event`, CONTRADICTION gives `hold`; every other verdict gives None.
    """
    if verdict is Verdict.APPLIED and message.event is not None:
        event = AuthorityEvent(
            handling_no=message.handling_no,
            message_id=message.message_id,
            event=message.event,
            occurred_at=message.occurred_at,
            round=message.payload.round,
            deadline_workdays=message.payload.deadline_workdays,
            extended_workdays=message.payload.extended_workdays,
            result_form=message.payload.result.form if message.payload.result else None,
            tracking_no=message.payload.tracking_no,
            result_sha256=message.payload.result.sha256 if message.payload.result else None,
        )
        return CaseUpdate.AUTHORITY_EVENT, event.model_dump(mode="json")
    if verdict is Verdict.CONTRADICTION:
        notice = HoldNotice(
            handling_no=message.handling_no,
            message_id=message.message_id,
            reason_code="CONTRADICTION",
            theirs=message.event,
            occurred_at=message.occurred_at,
            result_form=message.payload.result.form if message.payload.result else None,
            result_sha256=message.payload.result.sha256 if message.payload.result else None,
        )
        return CaseUpdate.HOLD, notice.model_dump(mode="json")
    return None
