"""Rows for cases that were ours to come: receipted SW200201, and anew once the case exists (contracts.md B "Row")."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.wire import Verdict
from exchange.southwest.rows import code_of_verdict
from partners.southwest.codes import Code
from partners.southwest.receipts import BatchReceipt, write_receipt
from partners.southwest.signing import Signer
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.exchange.southwest import SouthwestBatchIn, SouthwestParkedRow

_SOURCE = "southwest"


def parks_rows(session: Session) -> bool:
    """Whether a row waits for its case and its receipt has to be renewed."""
    return session.scalar(select(SouthwestParkedRow.id).limit(1)) is not None


def renew_receipts(session: Session, signer: Signer, now: datetime) -> None:
    """Write a new receipt for each batch whose parked rows have been judged meanwhile; it replaces the first.

    Rows that were given up keep their SW200201.
    """
    judged: dict[int, dict[str, Code]] = {}
    parked = select(SouthwestParkedRow, InboxRow).join(
        InboxRow, (InboxRow.message_id == SouthwestParkedRow.message_id) & (InboxRow.sender == _SOURCE)
    )
    for row, message in session.execute(parked):
        if message.verdict is not None:
            judged.setdefault(row.batch_id, {})[row.row_guid] = code_of_verdict(Verdict(message.verdict))
        elif message.state != InboxState.DEAD:
            continue  # still waited for
        session.delete(row)
    for batch_id, codes in judged.items():
        batch = session.get_one(SouthwestBatchIn, batch_id, with_for_update=True)
        before = BatchReceipt.model_validate(batch.receipt)
        rows = [(row.row_guid, codes.get(row.row_guid, row.code)) for row in before.rows]
        receipt = write_receipt(
            signer, cd_batch=before.cd_batch, rows_sm3=before.rows_sm3, code=before.code, rows=rows, now=now
        )
        batch.receipt, batch.receipt_sent = receipt.wire(), False
