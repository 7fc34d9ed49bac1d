"""Synthetic messages as rows: what a network has said of a case, and the lines of the exchange log about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from domain.inbound import EventPayload, InboundMessage, ResultPaper
from domain.naming import CaseUpdate
from domain.terms import PARTNER_OF_SCHEME, Partner, ResultForm, Scheme, WireEvent
from storage.base import Base
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.inbox_row import InboxRow, associated_data_of
from storage.sealing import Sealer

_HOUR: Final = timedelta(hours=1)


class Told(Protocol):
    """The case that is spoken of."""

    no: str
    at: datetime
    closed: bool
    scheme: Scheme


def message_rows(case: Told, sealer: Sealer) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    """Rows of the inbox and of the exchange log."""
    partner = PARTNER_OF_SCHEME[case.scheme]
    if partner is None:
        return
    said = (WireEvent.RECEIVED, WireEvent.ACCEPTED, WireEvent.APPROVED) if case.closed else (WireEvent.RECEIVED,)
    for seq, event in enumerate(said, 1):
        message_id, at = f"evt_{case.no}_{seq}", case.at + _HOUR * 2 * seq
        sealed_as = associated_data_of(partner, message_id)
        yield (
            InboxRow,
            {
                "sender": partner,
                "message_id": message_id,
                "content_sha256": "0" * 64,
                "handling_no": case.no,
                "case_no": case.no,
                "event_name": event,
                "seq": seq,
                "occurred_at": at,
                "received_at": at,
                "verdict": "APPLIED",
                "state": "APPLIED",
                "order": seq,
                "update_name": CaseUpdate.AUTHORITY_EVENT,
                "update": {"event": event},
                "message": sealer.seal(_said(case, partner, message_id, event, seq, at), sealed_as, of=case.no),
                "raw": b"\0" * 500,
                "attempts": 1,
                "refusals": 0,
            },
        )
        yield ExchangeRow, {
            "at": at, "partner": partner, "direction": "in", "kind": "callback", "message_id": message_id,
            "verdict": "APPLIED", "duration_ms": 12, "handling_no": case.no,
        }  # fmt: skip


def _said(case: Told, partner: Partner, message_id: str, event: WireEvent, seq: int, at: datetime) -> bytes:
    result = ResultPaper(name="结果", form=ResultForm.PAPER, document_no="文〔2026〕1号", sha256=None)
    said = InboundMessage(
        partner=partner,
        message_id=message_id,
        content=b"{}",
        handling_no=case.no,
        partner_no="SC-1",
        event_name=event,
        event=event,
        seq=seq,
        occurred_at=at,
        actor_org="办理地政务服务中心",
        payload=EventPayload(result=result if event is WireEvent.APPROVED else None),
    )
    return said.model_dump_json().encode()
