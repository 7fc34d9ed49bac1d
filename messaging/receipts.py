"""Receipts of the gateway (送达回执): what became of a message on its way to the phone; each changes it once."""

from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from pydantic import AwareDatetime, Field
from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from domain.applicant_messages import MessageState
from domain.model import Frozen
from messaging.forgetting import forget
from messaging.paper import not_by_phone
from storage.cases.applicant_messages import MessageRow
from storage.sealing import Sealer


class ReceiptState(StrEnum):
    """What a gateway says of a message."""

    DELIVERED = "delivered"
    FAILED = "failed"


class SmsReceipt(Frozen):
    """The body of `POST /callbacks/sms`. `id`: of our message. `code`: why it has failed, the gateway's own word."""

    id: str = Field(min_length=36, max_length=36)
    state: ReceiptState
    at: AwareDatetime
    code: str = Field(default="", max_length=32, pattern=r"^[A-Za-z0-9_.-]*\z")


_OPEN = frozenset({MessageState.QUEUED, MessageState.SENT})


def take(session: Session, sealer: Sealer, receipt: SmsReceipt, now: datetime) -> bool:
    """Note a receipt; False where the message is not known, was never tried, or is settled already.

    A receipt may be quicker than the answer to the sending.
    """
    if receipt.state is ReceiptState.DELIVERED and _has_arrived(session, receipt):
        return True
    row = session.get(MessageRow, receipt.id, with_for_update=True)
    if row is None or row.attempts == 0 or row.state not in _OPEN:
        return False
    row.sent_at = row.sent_at or now
    if receipt.state is ReceiptState.DELIVERED:
        row.state, row.ended_at = MessageState.DELIVERED, receipt.at
    else:
        not_by_phone(session, row, receipt.code or "NOT_DELIVERED", now, tried=True)
    forget(row, sealer)
    return True


def _has_arrived(session: Session, receipt: SmsReceipt) -> bool:
    """The rule, in one statement: what was sent, and of which nothing is to be forgotten any more, has arrived."""
    sent = update(MessageRow).where(MessageRow.id == receipt.id, MessageRow.state == MessageState.SENT)
    arrived = sent.values(state=MessageState.DELIVERED, ended_at=receipt.at)
    found = session.execute(arrived, execution_options={"synchronize_session": False})
    return cast(CursorResult[Any], found).rowcount == 1
