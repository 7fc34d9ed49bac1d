"""What a verdict does: the handling moves, and the case gets its Update (判定的落实).

One function, `settle`, writes it; the caller holds the handling's lock and has judged (`storage.exchange.inbox`).
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.inbound import InboundMessage
from domain.tasks import TaskKind
from domain.terms import WireEvent
from domain.wire import Verdict, advance, judge
from storage.cases.rows import HandlingRow
from storage.exchange.case_updates import update_for
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.tasks.rows import open_task


def settle(
    session: Session,
    handling: HandlingRow,
    row: InboxRow,
    message: InboundMessage,
    verdict: Verdict,
    now: datetime,
    gap_patience: timedelta,
) -> None:
    """Write the verdict, move the progress, and set the Update for the case, if it gets one.

    `gap_patience`: how long an early message waits before its handling's status is queried.
    """
    row.verdict, row.case_no = verdict, handling.case_no
    if verdict is Verdict.EARLY:
        row.state, row.park_until = InboxState.PARKED, now + gap_patience
        return
    row.park_until = None
    if verdict is Verdict.REFUSED:  # only where it uses up its place
        handling.last_seq = message.seq or handling.last_seq
    else:
        handling.progress = advance(handling.progress, verdict, message.event, message.seq)
    handling.changed_at = now
    if message.partner_no and not handling.partner_no:
        handling.partner_no = message.partner_no
    update = update_for(message, verdict)
    if update is None:
        row.state = InboxState.APPLIED
    else:
        row.state, row.update_name, row.update = InboxState.NEW, update[0], update[1]
        handling.applied_count += 1
        row.order = handling.applied_count
    if verdict is Verdict.APPLIED:
        _note_facts(handling, message)
    elif verdict in (Verdict.UNKNOWN_EVENT, Verdict.REFUSED):
        kind = TaskKind.UNKNOWN_EVENT if verdict is Verdict.UNKNOWN_EVENT else TaskKind.REFUSED_EVENT
        open_task(
            session,
            key=f"{row.sender}/{row.message_id}",
            kind=kind,
            case_no=handling.case_no,
            handling_no=handling.handling_no,
            now=now,
            data=row.facts,
        )
    session.flush()


def parked_of(session: Session, handling_no: str) -> list[InboxRow]:
    """What waits for its place or its handling, in the order of its sequence numbers."""
    waits = select(InboxRow).filter_by(handling_no=handling_no, state=InboxState.PARKED)
    return list(session.scalars(waits.order_by(InboxRow.seq, InboxRow.id)))


def judged(handling: HandlingRow, message: InboundMessage) -> Verdict:
    """The wire table's verdict; B's order is cd_time, strictly rising per case."""
    last = handling.last_written_at
    if message.written_at is not None and last is not None and message.written_at <= last:
        return Verdict.LATE
    return judge(handling.progress, message.event, message.seq, message.payload.round)


def _note_facts(handling: HandlingRow, message: InboundMessage) -> None:
    if message.event is WireEvent.APPROVED and message.payload.result is not None:
        handling.result = message.payload.result.named()
    if message.written_at is not None:
        handling.last_written_at = message.written_at
        handling.last_written_id = message.message_id.partition(":")[0]
