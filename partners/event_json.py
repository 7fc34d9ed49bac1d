"""What an event says, in the JSON that contracts A and B share (contracts.md A "Callbacks", B "Row": "as in A")."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.inbound import EventPayload, ResultPaper
from domain.terms import ResultForm, WireEvent

_MAX_WORKDAYS: Final = 366

TrackingNo = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]


class Said(BaseModel):
    """JSON as it came: nothing is converted, unknown members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class _Supplement(Said):
    round: int = Field(ge=1, le=99)
    reason: str
    materials: list[str] = Field(max_length=200)
    deadlineWorkdays: int = Field(ge=1, le=_MAX_WORKDAYS)


class _Suspension(Said):
    procedure: str
    reason: str


class _Result(Said):
    name: str
    form: Annotated[ResultForm, Field(strict=False)]
    documentNo: str
    sha256: Sha256 | None = None


class _Approval(Said):
    result: _Result


class _Refusal(Said):
    reason: str
    legalBasis: str


class _ResultSent(Said):
    trackingNo: TrackingNo


class _Nothing(Said):
    pass


_MODELS: Final[dict[WireEvent, type[Said]]] = {
    WireEvent.NEED_SUPPLEMENT: _Supplement,
    WireEvent.SUSPENDED: _Suspension,
    WireEvent.APPROVED: _Approval,
    WireEvent.NOT_ACCEPTED: _Refusal,
    WireEvent.REJECTED: _Refusal,
    WireEvent.RESULT_SENT: _ResultSent,
}


def payload_of(event: WireEvent | None, data: dict[str, Any]) -> EventPayload:
    """An event's payload in our shape; empty for an event that we do not know, whose data stay with the raw message.

    Raises:
        ValidationError: pydantic's, a member is missing or out of form.
    """
    if event is None:
        return EventPayload()
    match _MODELS.get(event, _Nothing).model_validate(data):
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
