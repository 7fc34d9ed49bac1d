"""What Sichuan tells us about a case: the schema of a callback and of a query's answer, and our words for it."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from domain.inbound import EventPayload, InboundMessage, ResultPaper
from domain.terms import Partner, ResultForm, WireEvent
from partners.standards import parse_instant

_AHEAD: Final = timedelta(minutes=5)
_MAX_SEQ: Final = 2**31 - 1
_MAX_WORKDAYS: Final = 366


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


Tracking = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]
MessageId = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_-]{8,64}\z")]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class _Said(BaseModel):
    """JSON as it came: nothing is converted, unknown members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class _Supplement(_Said):
    round: int = Field(ge=1, le=99)
    reason: str
    materials: list[str] = Field(max_length=200)
    deadlineWorkdays: int = Field(ge=1, le=_MAX_WORKDAYS)


class _Suspension(_Said):
    procedure: str
    reason: str


class _Result(_Said):
    name: str
    form: Annotated[ResultForm, Field(strict=False)]
    documentNo: str
    sha256: Sha256 | None = None


class _Approval(_Said):
    result: _Result


class _Refusal(_Said):
    reason: str
    legalBasis: str


class _ResultSent(_Said):
    trackingNo: Tracking


class _Nothing(_Said):
    pass


_PAYLOADS: Final[dict[WireEvent, type[_Said]]] = {
    WireEvent.NEED_SUPPLEMENT: _Supplement,
    WireEvent.SUSPENDED: _Suspension,
    WireEvent.APPROVED: _Approval,
    WireEvent.NOT_ACCEPTED: _Refusal,
    WireEvent.REJECTED: _Refusal,
    WireEvent.RESULT_SENT: _ResultSent,
}


class _Callback(_Said):
    eventId: MessageId
    caseNo: str
    partnerCaseNo: str
    event: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    seq: int = Field(ge=1, le=_MAX_SEQ)
    occurredAt: Instant
    actorOrg: str
    payload: dict[str, Any]


class _Latest(_Said):
    caseNo: str
    partnerCaseNo: str
    event: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None
    seq: int = Field(ge=0, le=_MAX_SEQ)
    occurredAt: Instant | None = None
    payload: dict[str, Any]


def from_callback(content: dict[str, Any], message_id: str, compared: bytes, now: datetime) -> InboundMessage:
    """A callback's body → one message. `compared`: path + body. Raises NotInSchema."""
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
    """A query's answer → the latest event, None before any. Raises NotInSchema."""
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
    """In our shape; an unknown event's payload is kept with the raw bytes only."""
    if event is None:
        return EventPayload()
    match _checked(_PAYLOADS.get(event, _Nothing), content, "payload."):
        case _Supplement() as said:
            return EventPayload(
                round=said.round,
                reason=said.reason,
                materials=tuple(said.materials),
                deadline_workdays=said.deadlineWorkdays,
            )
        case _Suspension() as said:
            return EventPayload(procedure=said.procedure, reason=said.reason)
        case _Approval(result=result):
            paper = ResultPaper(name=result.name, form=result.form, document_no=result.documentNo, sha256=result.sha256)
            return EventPayload(result=paper)
        case _Refusal() as said:
            return EventPayload(reason=said.reason, legal_basis=said.legalBasis)
        case _ResultSent() as said:
            return EventPayload(tracking_no=said.trackingNo)
        case _:
            return EventPayload()


def _checked(model: type[Model], content: Any, prefix: str = "") -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        raise NotInSchema(prefix + ".".join(str(part) for part in first["loc"])) from None
