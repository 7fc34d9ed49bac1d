"""One row of the hub's batches: strict parsing, schema, and our words for it (contracts.md B "Row")."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from domain.inbound import EventPayload, InboundMessage
from domain.terms import Partner, WireEvent
from partners.event_json import payload_of
from partners.southwest.batch import MAX_ROW_BYTES
from partners.southwest.stamps import parse_row_time, row_time
from partners.standards import NotStrictJson, parse_instant, parse_json_object

EVENTS: Final[dict[tuple[str, str], WireEvent]] = {
    ("accept", "1"): WireEvent.RECEIVED,
    ("accept", "2"): WireEvent.ACCEPTED,
    ("accept", "3"): WireEvent.NOT_ACCEPTED,
    ("process", "1"): WireEvent.REVIEWING,
    ("special", "1"): WireEvent.SUSPENDED,
    ("special", "2"): WireEvent.RESUMED,
    ("supplement", "1"): WireEvent.NEED_SUPPLEMENT,
    ("result", "1"): WireEvent.APPROVED,
    ("result", "2"): WireEvent.REJECTED,
    ("result", "3"): WireEvent.WITHDRAWN,
    ("delivery", "1"): WireEvent.RESULT_SENT,
}
"""type/state of the hub's rows → event."""

Model = TypeVar("Model", bound=BaseModel)

_AHEAD: Final = timedelta(minutes=5)
_ROW_GUID: Final = re.compile(r"[A-Za-z0-9._{}-]{1,64}")


class Operation(StrEnum):
    """cd_operation (contracts.md B "Row"): a row, newer data of one, or one that takes another back."""

    INSERT = "I"
    UPDATE = "U"
    VOID = "D"


class BadRow(ValueError):
    """SW200101: not strict JSON, or a field is missing or out of form. Names the member, never its content."""

    def __init__(self, guid: str, member: str) -> None:
        super().__init__(f"{member} is missing or out of form")
        self.guid = guid
        self.member = member


class ReadRow(NamedTuple):
    """A row that could be read. `message` None: the row voids another (D)."""

    guid: str
    written_at: datetime
    operation: Operation
    handling_no: str
    message: InboundMessage | None


def _row_time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 – pydantic turns ValueError into a schema fault
    return parse_row_time(value)


class _Head(BaseModel):
    """What every row has; nothing is converted, unknown members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    row_guid: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._{}-]{1,64}\z")]
    cd_operation: Annotated[Operation, Field(strict=False)]
    cd_time: Annotated[datetime, BeforeValidator(_row_time)]
    project_no: Annotated[str, StringConstraints(pattern=r"\A[0-9]{20}[0-9X]\z")]


class _Row(_Head):
    type: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    state: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    partner_no: Annotated[str, StringConstraints(max_length=64)]
    task_code: Annotated[str, StringConstraints(max_length=64)]
    data: dict[str, Any]


def read(line: bytes, number: int, now: datetime) -> ReadRow:
    """Read line `number` (from 1) of a batch, without its LF.

    Raises:
        BadRow: it is out of form; `guid` is `#{number}` when the row's own can't be read.
    """
    content = _object(line, number)
    guid = content.get("row_guid")
    shown = guid if isinstance(guid, str) and _ROW_GUID.fullmatch(guid) else f"#{number}"
    head = _checked(_Head, content, shown)
    if head.cd_time > now + _AHEAD:
        raise BadRow(shown, "cd_time")
    message = None
    if head.cd_operation is not Operation.VOID:
        message = _message(_checked(_Row, content, shown), line, now)
    return ReadRow(head.row_guid, head.cd_time, head.cd_operation, head.project_no, message)


def _object(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > MAX_ROW_BYTES:
        raise BadRow(f"#{number}", "row")
    try:
        return parse_json_object(line)
    except NotStrictJson:
        raise BadRow(f"#{number}", "row") from None


def _message(row: _Row, line: bytes, now: datetime) -> InboundMessage:
    event = EVENTS.get((row.type, row.state))
    return InboundMessage(
        partner=Partner.SOUTHWEST,
        message_id=f"{row.row_guid}:{row_time(row.cd_time)}",
        content=line,
        handling_no=row.project_no,
        partner_no=row.partner_no,
        event_name=event.value if event else f"{row.type}/{row.state}",
        event=event,
        seq=None,
        occurred_at=_occurred_at(row, now),
        written_at=row.cd_time,
        payload=_payload(event, row),
    )


def _occurred_at(row: _Row, now: datetime) -> datetime:
    """When the matter itself happened; cd_time counts where the hub does not say."""
    said = row.data.get("occurredAt")
    if said is None:
        return row.cd_time
    try:
        occurred_at = parse_instant(said) if isinstance(said, str) else None
    except ValueError:
        occurred_at = None
    if occurred_at is None or occurred_at > now + _AHEAD:
        raise BadRow(row.row_guid, "data.occurredAt")
    return occurred_at


def _payload(event: WireEvent | None, row: _Row) -> EventPayload:
    try:
        return payload_of(event, row.data)
    except ValidationError as fault:
        raise BadRow(row.row_guid, f"data.{_first(fault)}") from None


def _checked(model: type[Model], content: dict[str, Any], guid: str) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as fault:
        raise BadRow(guid, _first(fault)) from None


def _first(fault: ValidationError) -> str:
    first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
    return ".".join(str(part) for part in first["loc"])
