"""Our commands in Sichuan's words (contracts.md A "Commands"): paths and JSON bodies. Pure."""

import json
from typing import Any, NamedTuple

from domain.outbound import Command, NoticeSent, Submission, Supplement, Withdrawal
from partners.command_json import notice_json, submission_json, supplement_json
from partners.standards import format_instant

PREFIX = "/cy/v1"


class Words(NamedTuple):
    """A command in Sichuan's words: path below the gateway's address, and the exact bytes of the body."""

    path: str
    body: bytes


def render(command: Command, our_region: str) -> Words:
    """The command as a POST; the same command always gives the same bytes. `our_region`: GB/T 2260, 6 digits."""
    case_path = f"{PREFIX}/cases/{command.handling.handling_no}"
    match command.body:
        case Submission() as submission:
            return Words(f"{PREFIX}/cases", _json(_submission(command, submission, our_region)))
        case Supplement() as supplement:
            return Words(f"{case_path}/supplements", _json(supplement_json(supplement)))
        case Withdrawal() as withdrawal:
            return Words(f"{case_path}/withdraw", _json({"reason": withdrawal.reason}))
        case NoticeSent() as notice:
            return Words(f"{case_path}/notices", _json(_notice(notice)))


def case_path(handling_no: str) -> str:
    """Path of a query, with the prefix that is signed too."""
    return f"{PREFIX}/cases/{handling_no}"


def file_path(sha256: str) -> str:
    """Path of a file, with the prefix that is signed too. `sha256`: lower-case hex."""
    return f"{PREFIX}/files/{sha256}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _submission(command: Command, said: Submission, our_region: str) -> dict[str, Any]:
    return {
        "caseNo": command.handling.handling_no,
        "itemCode": said.item_code,
        **submission_json(said, region=command.handling.region, our_region=our_region),
    }


def _notice(said: NoticeSent) -> dict[str, Any]:
    return {
        "notice": said.notice.value,
        "occurredAt": format_instant(said.occurred_at),
        "payload": notice_json(said),
    }
