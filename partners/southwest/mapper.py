"""Our commands in the rows of this wire (数据行). Pure; their data are the fields of wire A (contracts.md B "Row")."""

import json
from datetime import datetime
from typing import Any, Final

from domain.outbound import Command, NoticeSent, Submission, Supplement, Withdrawal
from domain.terms import Notice
from partners.command_json import notice_json, submission_json, supplement_json
from partners.southwest.stamps import row_time
from partners.standards import format_instant

NOTICE_STATE: Final = {Notice.PAPERS_SENT: "1", Notice.DELIVERED: "2", Notice.DISCREPANCY: "3"}


def province_of(region: str) -> str:
    """The province of a 6-digit region, e.g. 520102 → 520000: the other end of its stream."""
    return region[:2] + "0000"


def render(command: Command, *, row_guid: str, written_at: datetime, our_region: str) -> bytes:
    """The row as one line of JSON with LF at its end (contracts.md B "Row").

    The same arguments always give the same bytes. `our_region`: GB/T 2260, 6 digits.
    """
    type_, state, data = _said(command, our_region)
    row = {
        "row_guid": row_guid,
        "cd_operation": "I",
        "cd_time": row_time(written_at),
        "type": type_,
        "state": state,
        "project_no": command.handling.handling_no,
        "partner_no": command.handling.partner_no,
        "task_code": command.handling.item_code,
        "data": data,
    }
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _said(command: Command, our_region: str) -> tuple[str, str, dict[str, Any]]:
    match command.body:
        case Submission() as said:
            data = submission_json(said, region=command.handling.region, our_region=our_region)
            return "apply", "1", data
        case Supplement() as said:
            return "supplement", "2", supplement_json(said)
        case Withdrawal() as said:
            return "withdraw", "1", {"reason": said.reason}
        case NoticeSent() as said:
            happened = {"occurredAt": format_instant(said.occurred_at)}
            return "notice", NOTICE_STATE[said.notice], notice_json(said) | happened
