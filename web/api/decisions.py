"""What an officer says about a handling: its shape, its needed fields, and how it is taken in."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.forms.model import MAX_FEN
from domain.errors import Conflict, NotFound
from domain.inbound import EventPayload, InboundMessage, IntakeOutcome, IntakeResult, ResultPaper
from domain.terms import ResultForm, WireEvent
from domain.wire import Verdict
from runtime.four_eyes import needs_two
from storage.cases.rows import HandlingRow, lock_handling
from storage.documents.uploads import bind
from storage.exchange.inbox_row import CITY, InboxRow
from web.api.material_files import check_file
from web.foundation.context import Context
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import DecisionRequest, RequestSchema
from web.views.sentences import REFUSED, Refused


class ResultRequest(RequestSchema):
    """The result of an APPROVED. `sha256`: its electronic file, uploaded before. `amountFen`: where it is money."""

    name: str = Field(min_length=1, max_length=80)
    form: ResultForm
    document_no: str = Field(default="", max_length=80)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    amount_fen: int | None = Field(default=None, ge=0, le=MAX_FEN, strict=True)


class PayloadRequest(RequestSchema):
    """The payload of one event, members as in contracts.md A; which are needed depends on the event."""

    round: int | None = Field(default=None, ge=1, le=99)
    reason: str | None = Field(default=None, min_length=1, max_length=500)
    materials: list[str] = Field(default_factory=list, max_length=60)
    deadline_workdays: int | None = Field(default=None, ge=1, le=90)
    extended_workdays: int | None = Field(default=None, ge=1, le=90)
    procedure: str | None = Field(default=None, max_length=80)
    legal_basis: str | None = Field(default=None, max_length=200)
    result: ResultRequest | None = None
    tracking_no: str | None = Field(default=None, max_length=40)


_NEEDED = {
    WireEvent.NEED_SUPPLEMENT: ("reason", "materials", "deadline_workdays"),
    WireEvent.SUSPENDED: ("procedure", "reason"),
    WireEvent.APPROVED: ("result",),
    WireEvent.NOT_ACCEPTED: ("reason", "legal_basis"),
    WireEvent.REJECTED: ("reason", "legal_basis"),
}


@dataclass(frozen=True)
class Said:
    """One decision as it was sent. `content`: its bytes, which a repetition must equal; `by`: whose word it is."""

    event: WireEvent
    payload: EventPayload
    content: bytes
    by: str


def said_in(decision: DecisionRequest, by: str) -> Said:
    """The decision, checked for its event's needed fields.

    Raises:
        Unprocessable: EVENT_UNKNOWN, or INVALID with the field.
    """
    event, payload = _checked(decision)
    content = decision.model_dump_json(exclude={"seen"}).encode()
    return Said(event=event, payload=payload, content=content, by=by)


def _checked(decision: DecisionRequest) -> tuple[WireEvent, EventPayload]:
    if decision.event not in WireEvent.__members__:
        raise Unprocessable("没有这个办理环节", code="EVENT_UNKNOWN", field="event")
    event = WireEvent(decision.event)
    try:
        shape = PayloadRequest.model_validate(decision.payload)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Unprocessable("内容未填对，请检查", code="INVALID", field=f"payload.{field}") from error
    extends = event is WireEvent.REVIEWING and shape.extended_workdays is not None  # 行政许可法 §42: with the reason
    for field in ("reason",) if extends else _NEEDED.get(event, ()):
        if not getattr(shape, field):
            raise Unprocessable("请把内容填完整", code="INVALID", field=f"payload.{field}")
    values = shape.model_dump()
    values["result"] = ResultPaper(**shape.result.model_dump()) if shape.result else None
    values["materials"] = tuple(shape.materials)
    values["extended_workdays"] = shape.extended_workdays if extends else None
    return event, EventPayload(**values)


def locked(session: Session, handling_no: str) -> HandlingRow:
    """The handling, locked.

    Raises:
        NotFound: there is none with this number that is decided here (`HANDLING_UNKNOWN`).
    """
    handling = lock_handling(session, handling_no)
    if handling is None or handling.partner is not None:
        raise NotFound("没有这个待审批的办理", code="HANDLING_UNKNOWN")
    return handling


def two_decide(ctx: Context, event: WireEvent) -> bool:
    """Whether a second officer has to confirm this event."""
    return event in needs_two(ctx.settings.four_eyes, played=ctx.settings.sandbox)


def message_id_of(handling_no: str, key: str) -> str:
    """The id under which the inbox knows what was said with this idempotency key."""
    return f"{handling_no}-{key}"


def is_known(session: Session, handling_no: str, key: str) -> bool:
    """Whether this was said before, so that only the first answer is given again."""
    same = select(InboxRow.id).filter_by(sender=CITY, message_id=message_id_of(handling_no, key))
    return session.scalar(same) is not None


def in_its_round(handling: HandlingRow, said: Said) -> EventPayload:
    """The payload with the round that a notice of supplement opens.

    Raises:
        Unprocessable: there was a notice already (`SUPPLEMENT_TWICE`).
    """
    if said.event is not WireEvent.NEED_SUPPLEMENT:
        return said.payload
    if handling.round >= 1:  # 行政许可法 §32: one notice lists everything
        raise Unprocessable(REFUSED[Refused.SUPPLEMENT_TWICE], code=Refused.SUPPLEMENT_TWICE, field="event")
    return said.payload.model_copy(update={"round": handling.round + 1})


def bind_result(session: Session, handling: HandlingRow, said: Said, now: datetime) -> None:
    """The file of a result becomes the case's.

    Raises:
        Unprocessable: it was not uploaded by whoever decides (`DOCUMENT_UNKNOWN`).
    """
    sha256 = said.payload.result.sha256 if said.payload.result is not None else None
    found = check_file(session, sha256, "结果文件", "payload.result.sha256", uploader=said.by, now=now)
    bind(session, handling.case_no, found, now)


def take(session: Session, ctx: Context, handling: HandlingRow, said: Said, *, key: str) -> IntakeResult:
    """Take the decision in as an authority's of any network; the handling is locked. Raises as its parts."""
    now = ctx.now()
    payload = in_its_round(handling, said)
    bind_result(session, handling, said, now)
    message = InboundMessage(
        partner=None,
        message_id=message_id_of(handling.handling_no, key),
        content=said.content,
        handling_no=handling.handling_no,
        partner_no="",
        event_name=said.event,
        event=said.event,
        seq=None,
        occurred_at=now,
        actor_org=said.by,
        payload=payload,
    )
    return ctx.inbox.take(session, message, raw=message.content, now=now)


def check_taken(taken: IntakeResult, before: str) -> None:
    """After the transaction: what was refused is on record too. `before`: who has said what meanwhile.

    Raises:
        Unprocessable: the key belongs to another decision (`IDEMPOTENCY_KEY_REUSED`).
        Conflict: it may not follow now (`TRANSITION`).
    """
    if taken.outcome is IntakeOutcome.CONFLICT:
        raise Unprocessable("同一个幂等键不能用于不同的内容", code="IDEMPOTENCY_KEY_REUSED")
    if taken.verdict in (Verdict.REFUSED, Verdict.CONTRADICTION):
        raise moved_on(before)


def moved_on(before: str) -> Conflict:
    """The error (409 TRANSITION) that says what has come in between."""
    return Conflict(REFUSED[Refused.TRANSITION] + before, code=Refused.TRANSITION)
