"""What Sichuan says about a case: the schema of a callback and of a query's answer, and our words for it."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from domain.inbound import EventPayload, InboundMessage
from domain.terms import Partner, WireEvent
from partners.event_json import Said, payload_of
from partners.standards import parse_instant

_AHEAD: Final = timedelta(minutes=5)
_MAX_SEQ: Final = 2**31 - 1


Model = TypeVar("Model", bound=BaseModel)


class NotInSchema(ValueError):
    """The content does not fit contracts.md A; `member` names where, never what."""

    def __init__(self, member: str) -> None:
        super().__init__(f"{member} is missing or out of form")
        self.member = member


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 – pydantic turns ValueError into a schema fault
    return parse_instant(value)


MessageId = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_-]{8,64}\z")]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class _Callback(Said):
    eventId: MessageId
    caseNo: str
    partnerCaseNo: str
    event: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    seq: int = Field(ge=1, le=_MAX_SEQ)
    occurredAt: Instant
    actorOrg: str
    payload: dict[str, Any]


class _Latest(Said):
    caseNo: str
    partnerCaseNo: str
    event: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None
    seq: int = Field(ge=0, le=_MAX_SEQ)
    occurredAt: Instant | None = None
    payload: dict[str, Any]


def from_callback(content: dict[str, Any], message_id: str, compared: bytes, now: datetime) -> InboundMessage:
    """A callback's body → one message. `compared`: path + body.

    Raises:
        NotInSchema: a member is out of form, `eventId` is not the message id, or `occurredAt` lies 5 minutes ahead.
    """
    said = _checked(_Callback, content)
    if said.eventId != message_id:
        raise NotInSchema("eventId")
    if said.occurredAt > now + _AHEAD:
        raise NotInSchema("occurredAt")
    event = _known(said.event)
    return InboundMessage(
        partner=Partner.SICHUAN,
        message_id=said.eventId,
        content=compared,
        handling_no=said.caseNo,
        partner_no=said.partnerCaseNo,
        event_name=said.event,
        event=event,
        seq=said.seq,
        occurred_at=said.occurredAt,
        actor_org=said.actorOrg,
        payload=_payload(event, said.payload),
    )


def from_query(content: dict[str, Any], handling_no: str, body: bytes) -> InboundMessage | None:
    """A query's answer → the latest event; None before any. Its message id is `query-{handling no}-{seq}`.

    Raises:
        NotInSchema: a member is out of form, or the answer is about another case.
    """
    said = _checked(_Latest, content)
    if said.caseNo != handling_no:
        raise NotInSchema("caseNo")
    if said.event is None:
        return None
    if said.occurredAt is None or said.seq == 0:
        raise NotInSchema("occurredAt" if said.occurredAt is None else "seq")
    event = _known(said.event)
    return InboundMessage(
        partner=Partner.SICHUAN,
        message_id=f"query-{handling_no}-{said.seq}",
        content=body,
        handling_no=handling_no,
        partner_no=said.partnerCaseNo,
        event_name=said.event,
        event=event,
        seq=said.seq,
        occurred_at=said.occurredAt,
        payload=_payload(event, said.payload),
    )


def _known(name: str) -> WireEvent | None:
    return WireEvent(name) if re.fullmatch(r"[A-Z_]+", name) and name in WireEvent.__members__ else None


def _payload(event: WireEvent | None, content: dict[str, Any]) -> EventPayload:
    try:
        return payload_of(event, content)
    except ValidationError as fault:
        raise _named(fault, "payload.") from None


def _checked(model: type[Model], content: dict[str, Any]) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as fault:
        raise _named(fault) from None


def _named(fault: ValidationError, prefix: str = "") -> NotInSchema:
    """The first member that is wrong."""
    first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
    return NotInSchema(prefix + ".".join(str(part) for part in first["loc"]))
