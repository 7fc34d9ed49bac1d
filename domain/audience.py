"""What of an authority's word is told to whom (告知范围). Everybody in the hall who works on cases reads all of it."""

from collections.abc import Mapping
from typing import Final

from domain.inbound import EventPayload
from domain.terms import Role, WireEvent

PAYLOAD: Final = frozenset(EventPayload.model_fields)
"""Every field that an event may carry."""

_REFUSAL: Final = frozenset({"reason", "legal_basis"})

TOLD_TO_APPLICANT: Final[Mapping[WireEvent, frozenset[str]]] = {
    WireEvent.RECEIVED: frozenset(),
    WireEvent.ACCEPTED: frozenset({"deemed"}),
    WireEvent.NOT_ACCEPTED: _REFUSAL,  # 行政许可法第三十二条: in writing, with the reason
    WireEvent.NEED_SUPPLEMENT: frozenset({"round", "reason", "materials", "papers", "deadline_workdays"}),  # 一次性告知
    WireEvent.REVIEWING: frozenset({"extended_workdays", "reason"}),  # 行政许可法第四十二条: with the reason
    WireEvent.SUSPENDED: frozenset({"procedure", "reason"}),  # 行政许可法第四十五条: the time that it takes
    WireEvent.RESUMED: frozenset(),
    WireEvent.APPROVED: frozenset({"result"}),
    WireEvent.REJECTED: _REFUSAL,  # 行政许可法第三十八条: with the reason and the way to appeal
    WireEvent.WITHDRAWN: frozenset(),
    WireEvent.RESULT_SENT: frozenset({"tracking_no", "papers", "kept"}),  # the seal is the halls' own check
}
"""Event → the fields that concern the applicant. What did not take effect is told to nobody outside the hall."""

READERS_OF_WORDS: Final = frozenset({Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})
"""Who reads the words; an operator sees that something was said, and when."""
