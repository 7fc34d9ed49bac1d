"""A database of ours, and the case desks of what is registered in it."""

from datetime import UTC, datetime

from sqlalchemy import func, select, update

from domain.inbound import InboundMessage
from domain.terms import CaseStatus, Partner, WireEvent
from domain.wire import WireState
from relay.pending_updates import UNDELIVERED
from relay.relay import Relay
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.pending_updates import UpdateRow
from tests.unit.storage.casework import NOW, SEALER, message, register
from tests.workflows.hall import CaseDesk, new_case

S = CaseStatus


class House:
    """One house a test; the hall is the session's."""

    def __init__(self, database, client, hall):
        self.database, self.client, self.hall = database, client, hall
        self.inbox = Inbox(SEALER)

    def relay(self) -> Relay:
        return Relay(self.client, self.database, lambda: datetime.now(UTC))

    def registers(self, *partners) -> CaseDesk:
        start = new_case(self.hall, *(partners or (Partner.SICHUAN,)))
        register(self.database, start.case_no, start.handlings[0].partner)
        with self.database.write() as session:
            case = session.get_one(CaseRow, start.case_no)
            case.start = start.model_dump(mode="json")
            for plan in start.handlings:
                if plan.handling_no == start.case_no:
                    continue
                session.add(_handling(start.case_no, plan))
        return CaseDesk(self.client, self.hall, start)

    def takes(self, handling_no: str, event: str, seq: int, partner=Partner.SICHUAN, message_id: str = "") -> None:
        said: InboundMessage = message(
            WireEvent(event),
            seq,
            message_id or f"{handling_no}-{seq}",
            handling_no=handling_no,
            partner=partner,
        )
        with self.database.write() as session:
            self.inbox.take(session, said, raw=b"", now=NOW)

    def states(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(InboxRow.state).order_by(InboxRow.id)))

    async def delivers_all(self) -> None:
        """Until nothing waits any more, however often the server is too slow."""
        while self._waiting():
            await self.relay().deliver()

    def _waiting(self) -> int:
        messages = select(func.count()).select_from(InboxRow).where(InboxRow.state.in_(UNDELIVERED))
        others = select(func.count()).select_from(UpdateRow).filter_by(delivered_at=None)
        with self.database.read() as session:
            return (session.scalar(messages) or 0) + (session.scalar(others) or 0)

    def forgets_that_it_told(self) -> None:
        """As after a kill between the answer of the server and our commit."""
        with self.database.write() as session:
            session.execute(update(InboxRow).values(state=InboxState.NEW))
            session.execute(update(UpdateRow).values(delivered_at=None))
            session.execute(update(CaseRow).values(started=False))


def _handling(case_no, plan) -> HandlingRow:
    return HandlingRow(
        handling_no=plan.handling_no,
        case_no=case_no,
        place=1,
        region=plan.region,
        scheme=plan.scheme,
        partner=plan.partner,
        mode=plan.mode,
        originals_travel=False,
        result_travels=False,
        status=S.SUBMITTED,
        wire_state=WireState.SUBMITTED,
        last_seq=0,
        round=0,
        withdrawal_asked=False,
    )
