"""Lines of the exchange log for the Southwest wire: ids, hashes and codes, never content."""

import hashlib
import json
import time
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from domain.terms import Partner
from partners.signed_text import SignedText
from partners.southwest.signing import receipt_text
from storage.exchange.exchange_log import EMPTY, ExchangeRow, keep_body, note_exchange, note_poll
from storage.sealing import Sealer

SOURCE = Partner.SOUTHWEST.value
_BATCH_TEXT = ("ver", "cd_batch", "from", "to", "seq", "prevSm3", "rows", "bytes", "rowsSm3", "createdAt")


def log_row(
    session: Session,
    line: bytes,
    message_id: str,
    handling_no: str | None,
    kind: str,
    code: str,
    now: datetime,
    *,
    began: float,
    body: str | Sealer,
) -> None:
    """Write the line of one row of a batch that came; `code`: the row's.

    `body`: where it lies sealed, or what seals it where nothing else keeps it. `began`: when work on it began, on
    `time.perf_counter`.
    """
    row = _line("in", kind, message_id, line, code, now, handling_no, began)
    if isinstance(body, Sealer):
        keep_body(session, body, row, line)
    else:
        row.body = body
    note_exchange(session, row)


def log_whole(
    session: Session,
    direction: Literal["in", "out"],
    kind: Literal["batch", "receipt"],
    cd_batch: str,
    content: dict[str, Any],
    code: str,
    now: datetime,
    *,
    began: float,
    body: str | Sealer,
) -> None:
    """Write the line of a batch's manifest or a receipt, as it was taken or sent. `body`, `began` as in `log_row`."""
    raw = _compact(content)
    row = _line(direction, kind, cd_batch[:64], raw, code, now, None, began)
    row.signed = _signed(kind, content)
    if isinstance(body, Sealer):
        keep_body(session, body, row, raw)
    else:
        row.body = body
    note_exchange(session, row)


def log_poll(
    session: Session, operation: str, cursor: str, found: list[Any], now: datetime, began: float, keep: timedelta
) -> None:
    """Write the line of one page of a list; what it brought has lines of its own.

    `cursor`: the id that it was asked under. `keep`: how long the line of an empty page is kept.
    """
    row = _line("out", operation, cursor[:128], _compact(found), "OK" if found else EMPTY, now, None, began)
    note_poll(session, row, keep)


def log_fault(session: Session, code: str, now: datetime, began: float) -> None:
    """Write the line of a poll that the wire has ended, with the fault's code."""
    note_exchange(session, _line("out", "poll", "", b"", code, now, None, began))


def _signed(kind: Literal["batch", "receipt"], content: dict[str, Any]) -> dict[str, Any] | None:
    """What the signature in it covers (contracts.md B "Batch", "Receipt"); None where a member is missing."""
    try:
        if kind == "batch":
            text = "|".join(str(content[name])[:128] for name in _BATCH_TEXT)
        else:
            rows = [(str(row["row_guid"]), str(row["code"])) for row in content["rows"]]
            name, digest, received, code = (str(content[m]) for m in ("cd_batch", "rowsSm3", "receivedAt", "code"))
            text = receipt_text(name, digest, received, code, rows)
        proof = {"certSerial": str(content["certSerial"])[:64], "sign": str(content["sign"])[:128]}
    except (KeyError, TypeError):
        return None
    return SignedText(text=text, algorithm="SM2-SM3", proof=proof).model_dump(mode="json")


def _compact(content: dict[str, Any] | list[Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _line(
    direction: str,
    kind: str,
    message_id: str,
    raw: bytes,
    code: str,
    now: datetime,
    handling_no: str | None,
    began: float,
) -> ExchangeRow:
    return ExchangeRow(
        at=now,
        partner=SOURCE,
        direction=direction,
        kind=kind[:32],
        message_id=message_id,
        handling_no=handling_no,
        sha256=hashlib.sha256(raw).hexdigest() if raw else "",
        size=len(raw),
        verdict=code[:32],
        duration_ms=round((time.perf_counter() - began) * 1000),
    )
