"""What a partner's message comes to after its wire was verified and parsed, and what becomes of it.

One shape for three wires. Holds personal data (reasons, names), so it never enters a workflow.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from domain.model import Frozen, is_unset
from domain.named_papers import NamedPaper
from domain.terms import Partner, ResultForm, WireEvent
from domain.wire import Verdict


class ResultPaper(Frozen):
    """The result that an approval names (办理结果). `sha256`: of a file to be fetched, None: there is none.

    `amount_fen`: where the result is money (核定金额); sealed with the message, and kept nowhere else.
    """

    name: str
    form: ResultForm
    document_no: str = ""
    sha256: str | None = None
    amount_fen: int | None = Field(default=None, exclude_if=is_unset)

    def named(self) -> dict[str, Any]:
        """What is kept of it with its handling, as JSON: everything but the sum."""
        return self.model_dump(mode="json", exclude={"amount_fen"})


class EventPayload(Frozen):
    """The payloads of contracts.md A in one shape; a field is None where its event does not have it.

    NEED_SUPPLEMENT: `round`, `reason`, `materials` (names), `deadline_workdays`. SUSPENDED: `procedure`, `reason`.
    NOT_ACCEPTED, REJECTED: `reason`, `legal_basis`. APPROVED: `result`. RESULT_SENT: `tracking_no`.

    May be said beside them (decisions.md 21): NEED_SUPPLEMENT `papers`, what is wanted; RESULT_SENT `seal_no`,
    `papers`, what comes back, and `kept`, what stays in the authority's file; REVIEWING `extended_workdays` with their
    `reason` (行政许可法第四十二条); ACCEPTED `deemed`. Of lists None: not said, (): said that there is nothing.
    """

    round: int | None = None
    reason: str | None = None
    materials: tuple[str, ...] = ()
    deadline_workdays: int | None = None
    procedure: str | None = None
    legal_basis: str | None = None
    result: ResultPaper | None = None
    tracking_no: str | None = None
    seal_no: str | None = None
    papers: tuple[NamedPaper, ...] | None = None
    kept: tuple[NamedPaper, ...] | None = None
    extended_workdays: int | None = None
    deemed: bool | None = None


class InboundMessage(Frozen):
    """One message about one handling.

    partner     None: an officer of our own city, who decides through the same events (decisions.md 7)
    message_id  A: eventId · B: `{row_guid}:{cd_time}` · C: sid
    content     the bytes that are compared for "same id, same content": A path + body, B the row, C the RECORD
    event       None when `event_name` is unknown to us
    seq         the partner's sequence (A seq, C XH); None for B
    written_at  B only: cd_time, strictly rising per case
    province    B only: the stream's province, e.g. 520000; the handling must lie in it
    """

    partner: Partner | None
    message_id: str
    content: bytes
    handling_no: str
    partner_no: str
    event_name: str
    event: WireEvent | None
    seq: int | None
    occurred_at: datetime
    written_at: datetime | None = None
    province: str | None = None
    actor_org: str = ""
    payload: EventPayload = EventPayload()


class IntakeOutcome(StrEnum):
    """What the inbox did with a message, under one lock and one transaction."""

    JUDGED = "JUDGED"  # stored; see verdict
    DUPLICATE = "DUPLICATE"  # same id, same content: the first answer again
    CONFLICT = "CONFLICT"  # same id, other content: refused, security event
    TO_COME = "TO_COME"  # ours to come: parked 72 h, answered as unknown
    UNKNOWN_HANDLING = "UNKNOWN_HANDLING"  # unknown, or another partner's: the same answer


class IntakeResult(Frozen):
    """The inbox's answer. `verdict` is that of the first taking for a DUPLICATE; `case_no` None: no such case here."""

    outcome: IntakeOutcome
    verdict: Verdict | None = None
    received_at: datetime
    parked: bool = False
    case_no: str | None = None
