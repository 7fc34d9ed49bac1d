"""Lines of the exchange log for the Southwest wire: ids, hashes and codes, never content."""

import hashlib
import json
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from domain.terms import Partner
from storage.exchange import ExchangeRow, note_exchange

SOURCE = Partner.SOUTHWEST.value


def log_row(
    session: Session, line: bytes, message_id: str, handling_no: str | None, kind: str, code: str, now: datetime
) -> None:
    """One row of a batch that came."""
    _log(session, "in", kind, message_id, line, code, now, handling_no)


def log_whole(
    session: Session,
    direction: Literal["in", "out"],
    kind: Literal["batch", "receipt"],
    cd_batch: str,
    content: dict[str, Any],
    code: str,
    now: datetime,
) -> None:
    """A batch's manifest or a receipt, as it was taken or sent."""
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    _log(session, direction, kind, cd_batch[:64], raw, code, now, None)


def _log(
    session: Session,
    direction: str,
    kind: str,
    message_id: str,
    raw: bytes,
    code: str,
    now: datetime,
    handling_no: str | None,
) -> None:
    note_exchange(
        session,
        ExchangeRow(
            at=now,
            partner=SOURCE,
            direction=direction,
            kind=kind[:32],
            message_id=message_id,
            handling_no=handling_no,
            sha256=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            verdict=code[:32],
        ),
    )
