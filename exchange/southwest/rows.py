"""The rows of a good batch, one by one: good ones apply even if others are bad (contracts.md B "Row")."""

import time
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.identifiers import is_case_number
from domain.inbound import InboundMessage, IntakeOutcome, IntakeResult
from domain.tasks import TaskKind
from domain.wire import Verdict
from exchange.southwest.log_lines import SOURCE, log_row
from partners.southwest.batch import lines
from partners.southwest.codes import Code
from partners.southwest.inbound import GoodBatch
from partners.southwest.mapper import province_of
from partners.southwest.rows import BadRow, ReadRow, read
from partners.southwest.stamps import row_time
from storage.cases.rows import HandlingRow, lock_handling
from storage.exchange.exchange_log import note_security_event
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow, associated_data_of
from storage.tasks.rows import open_task

_VOID = "D"


class RowOutcome(NamedTuple):
    """A line of the receipt: the row's guid and its code.

    `parked`: message id of a row for a case that is ours to come; None: it was judged or refused.
    """

    guid: str
    code: Code
    parked: str | None = None


def take_rows(session: Session, inbox: Inbox, batch: GoodBatch, now: datetime) -> list[RowOutcome]:
    """Take every row of a good batch in the caller's transaction; the outcomes are in the batch's order."""
    sender = batch.manifest.from_region
    return [_take(session, inbox, line, n, sender, now) for n, line in enumerate(lines(batch.rows_gz), start=1)]


def _take(session: Session, inbox: Inbox, line: bytes, number: int, sender: str, now: datetime) -> RowOutcome:
    began = time.perf_counter()
    try:
        row = read(line, number, now)
    except BadRow as fault:
        note_security_event(session, SOURCE, Code.FIELD, now, detail=fault.member)
        log_row(session, line, fault.guid, None, "row", Code.FIELD, now, began=began, body=inbox.sealer)
        return RowOutcome(fault.guid, Code.FIELD)
    if row.message is None:
        return _void(session, inbox, row, line, sender, now, began)
    code = _before_inbox(session, row, row.message, sender)
    if code is Code.NOT_ADDRESSED:
        note_security_event(session, SOURCE, code, now, handling_no=row.handling_no)
    parked, kept = None, False
    if code is None:
        message = row.message.model_copy(update={"province": sender})
        taken = inbox.take(session, message, raw=line, now=now)
        code = _code_of(session, taken, row.message, now)
        parked = row.message.message_id if taken.outcome is IntakeOutcome.TO_COME else None
        kept = _is_kept(taken)
    message_id = row.message.message_id
    body = associated_data_of(SOURCE, message_id) if kept else inbox.sealer
    log_row(session, line, message_id, row.handling_no, row.message.event_name, code, now, began=began, body=body)
    return RowOutcome(row.guid, code, parked)


def _is_kept(taken: IntakeResult) -> bool:
    """Whether the inbox has this row: one that it refuses is not stored."""
    if taken.outcome is IntakeOutcome.JUDGED:
        return taken.verdict is not Verdict.REFUSED
    return taken.outcome in (IntakeOutcome.DUPLICATE, IntakeOutcome.TO_COME)


def _before_inbox(session: Session, row: ReadRow, message: InboundMessage, sender: str) -> Code | None:
    """What the inbox does not judge: the stream's province, and a cd_time that is older than the last applied."""
    handling = lock_handling(session, row.handling_no)
    if handling is None or handling.partner != SOURCE:
        return None
    if province_of(handling.region) != sender:
        return Code.NOT_ADDRESSED
    known = select(InboxRow.id).filter_by(sender=SOURCE, message_id=message.message_id)
    if session.scalar(known) is None and _stale(handling, row.written_at):
        return Code.STALE
    return None


def _stale(handling: HandlingRow, written_at: datetime) -> bool:
    return handling.last_written_at is not None and written_at <= handling.last_written_at


def _code_of(session: Session, taken: IntakeResult, message: InboundMessage, now: datetime) -> Code:
    match taken.outcome:
        case IntakeOutcome.DUPLICATE:
            return code_of_verdict(taken.verdict)
        case IntakeOutcome.CONFLICT:
            # Whose case it is, is asked before the key; of a parked row the first content stays.
            return Code.UNKNOWN_PROJECT if taken.case_no is None else Code.OTHER_CONTENT
        case IntakeOutcome.TO_COME:
            return Code.UNKNOWN_PROJECT
        case IntakeOutcome.UNKNOWN_HANDLING:
            if not is_case_number(message.handling_no):  # another partner's is noted by the inbox
                note_security_event(session, SOURCE, Code.UNKNOWN_PROJECT, now)
            return Code.UNKNOWN_PROJECT
        case IntakeOutcome.JUDGED:
            if taken.verdict is Verdict.REFUSED:
                note_security_event(session, SOURCE, Code.TRANSITION, now, handling_no=message.handling_no)
            return code_of_verdict(taken.verdict)


def code_of_verdict(verdict: Verdict | None) -> Code:
    """The row code of a judged row: SW200202 refused, SW200301 late, else ok."""
    return {Verdict.REFUSED: Code.TRANSITION, Verdict.LATE: Code.STALE}.get(verdict or Verdict.APPLIED, Code.OK)


def _void(
    session: Session, inbox: Inbox, row: ReadRow, line: bytes, sender: str, now: datetime, began: float
) -> RowOutcome:
    """`D`: nothing is deleted, a person looks; ok whether the row and the case are known or not."""
    handling = session.get(HandlingRow, row.handling_no)
    message_id = f"{row.guid}:{row_time(row.written_at)}"
    ours = handling is not None and handling.partner == SOURCE
    if handling is not None and ours and province_of(handling.region) != sender:
        note_security_event(session, SOURCE, Code.NOT_ADDRESSED, now, handling_no=row.handling_no)
        log_row(
            session, line, message_id, row.handling_no, _VOID, Code.NOT_ADDRESSED, now, began=began, body=inbox.sealer
        )
        return RowOutcome(row.guid, Code.NOT_ADDRESSED)
    open_task(
        session,
        key=f"{SOURCE}/void/{message_id}",
        kind=TaskKind.VOIDED_ROW,
        now=now,
        case_no=handling.case_no if handling is not None and ours else None,
        handling_no=row.handling_no if ours else None,
        data={
            "sender": SOURCE,
            "messageId": message_id,
            "rowGuid": row.guid,
            "occurredAt": row.written_at.isoformat(),
        },
    )
    log_row(session, line, message_id, row.handling_no, _VOID, Code.OK, now, began=began, body=inbox.sealer)
    return RowOutcome(row.guid, Code.OK)
