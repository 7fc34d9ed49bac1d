"""What an event says, in the JSON that contracts A and B share (contracts.md A "Callbacks", B "Row": "as in A")."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.inbound import EventPayload, ResultPaper
from domain.named_papers import NamedPaper
from domain.terms import MaterialForm, ResultForm, WireEvent

_MAX_WORKDAYS: Final = 366
MAX_PAPERS: Final = 200
"""Lines of a list of papers, on every wire."""
MAX_PAPER_NAME: Final = 500
MAX_PIECES: Final = 99_999

TrackingNo = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]

AmountFen = Annotated[int, Field(ge=0, le=10**13)]


class Said(BaseModel):
    """JSON as it came: nothing is converted, unknown members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class _Paper(Said):
    name: str = Field(min_length=1, max_length=MAX_PAPER_NAME)
    form: Annotated[MaterialForm, Field(strict=False)]
    count: int = Field(ge=1, le=MAX_PIECES)


_Papers = Annotated[list[_Paper], Field(max_length=MAX_PAPERS)] | None


class _Supplement(Said):
    round: int = Field(ge=1, le=99)
    reason: str
    materials: list[str] = Field(max_length=200)
    deadlineWorkdays: int = Field(ge=1, le=_MAX_WORKDAYS)
    papers: _Papers = None


class _Suspension(Said):
    procedure: str
    reason: str


class _Result(Said):
    name: str
    form: Annotated[ResultForm, Field(strict=False)]
    documentNo: str
    sha256: Sha256 | None = None
    amountFen: AmountFen | None = None


class _Approval(Said):
    result: _Result


class _Refusal(Said):
    reason: str
    legalBasis: str


class _ResultSent(Said):
    trackingNo: TrackingNo
    sealNo: Annotated[str, Field(max_length=64)] | None = None
    papers: _Papers = None
    kept: _Papers = None


class _Acceptance(Said):
    deemed: bool | None = None


class _Extension(Said):
    extendedWorkdays: int = Field(ge=1, le=_MAX_WORKDAYS)
    reason: str = Field(min_length=1)


class _Nothing(Said):
    pass


_MODELS: Final[dict[WireEvent, type[Said]]] = {
    WireEvent.ACCEPTED: _Acceptance,
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
    match _model_of(event, data).model_validate(data):
        case _Supplement() as said:
            return EventPayload(
                round=said.round,
                reason=said.reason,
                materials=tuple(said.materials),
                deadline_workdays=said.deadlineWorkdays,
                papers=_named(said.papers),
            )
        case _Suspension() as said:
            return EventPayload(procedure=said.procedure, reason=said.reason)
        case _Approval(result=result):
            return EventPayload(
                result=ResultPaper(
                    name=result.name,
                    form=result.form,
                    document_no=result.documentNo,
                    sha256=result.sha256,
                    amount_fen=result.amountFen,
                )
            )
        case _Refusal() as said:
            return EventPayload(reason=said.reason, legal_basis=said.legalBasis)
        case _ResultSent() as said:
            return EventPayload(
                tracking_no=said.trackingNo,
                seal_no=said.sealNo or None,
                papers=_named(said.papers),
                kept=_named(said.kept),
            )
        case _Acceptance() as said:
            return EventPayload(deemed=said.deemed)
        case _Extension() as said:
            return EventPayload(extended_workdays=said.extendedWorkdays, reason=said.reason)
        case _:
            return EventPayload()


def _model_of(event: WireEvent, data: dict[str, Any]) -> type[Said]:
    """REVIEWING says nothing of its own, but where it extends the limit: then with the reason."""
    if event is WireEvent.REVIEWING and data.get("extendedWorkdays") is not None:
        return _Extension
    return _MODELS.get(event, _Nothing)


def _named(papers: list[_Paper] | None) -> tuple[NamedPaper, ...] | None:
    return None if papers is None else tuple(NamedPaper(name=p.name, form=p.form, count=p.count) for p in papers)
