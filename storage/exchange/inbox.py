"""The inbox: every message of an authority, judged under the handling's lock, stored once.

One function, `take`, serves the pushed wire, the two polled wires and the officers of our own city.
It answers every protocol question with or without Temporal (decisions.md 1); the relay then delivers
what took effect to the case as an Update.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from domain.identifiers import is_case_number
from domain.inbound import InboundMessage, IntakeOutcome, IntakeResult
from domain.naming import CaseUpdate
from domain.tasks import TaskKind
from domain.terms import DECISIONS, WireEvent
from domain.wire import Verdict, WireState, judge, judge_snapshot, snapshot
from storage.cases.rows import HandlingRow, lock_handling
from storage.exchange.exchange_log import note_security_event
from storage.exchange.inbox_ahead import Awaited
from storage.exchange.inbox_row import CITY, InboxRow, InboxState, associated_data_of
from storage.exchange.verdicts import judged, parked_of, settle
from storage.sealing import Sealer
from storage.tasks.rows import open_task

PARKED_UNTIL_KNOWN = timedelta(hours=72)
GAP_PATIENCE = timedelta(minutes=10)


class Inbox:
    """Takes messages of authorities. `sealer` keeps their bodies unreadable at rest.

    `gap_patience`: how long an early message waits before its handling's status is queried.
    """

    def __init__(self, sealer: Sealer, gap_patience: timedelta = GAP_PATIENCE) -> None:
        self.sealer = sealer
        self._gap_patience = gap_patience

    def take(
        self,
        session: Session,
        message: InboundMessage,
        *,
        raw: bytes,
        now: datetime,
        refused_uses_place: bool = False,
    ) -> IntakeResult:
        """Judge and store one message, under the handling's lock and in the caller's writing transaction.

        `raw`: the bytes as they came, kept sealed. `refused_uses_place`: C, where a notice that the table refuses is
        recorded and its XH used up; elsewhere a refused message is not stored and takes neither id nor place. Returns
        what to answer; a protocol question never raises.
        """
        sender = message.partner or CITY
        handling = lock_handling(session, message.handling_no)
        if handling is not None and handling.partner != (message.partner and message.partner.value):
            note_security_event(session, sender, "FOREIGN_HANDLING", now, handling_no=message.handling_no)
            return IntakeResult(outcome=IntakeOutcome.UNKNOWN_HANDLING, received_at=now)
        if handling is None and not is_case_number(message.handling_no):
            return IntakeResult(outcome=IntakeOutcome.UNKNOWN_HANDLING, received_at=now)
        known, parked = self._found(session, message)
        if known is not None:
            taken = self._again(session, known, message, now)
            return taken if handling is not None else taken.model_copy(update={"case_no": None})
        if handling is None:
            return self._not_yet(session, message, raw, now)
        about = Awaited(handling, parked)
        return self.take_new(session, about, message, raw=raw, now=now, refused_uses_place=refused_uses_place)

    def take_new(
        self,
        session: Session,
        about: Awaited,
        message: InboundMessage,
        *,
        raw: bytes,
        now: datetime,
        refused_uses_place: bool = False,
    ) -> IntakeResult:
        """As `take`, of a message that is new, and whose handling is its sender's and locked."""
        handling, parked = about
        verdict = judged(handling, message)
        if verdict is Verdict.REFUSED and not refused_uses_place:
            return IntakeResult(
                outcome=IntakeOutcome.JUDGED, verdict=verdict, received_at=now, case_no=handling.case_no
            )
        row = self._stored(session, message, raw, now, handling.case_no)
        settle(session, handling, row, message, verdict, now, self._gap_patience)
        if verdict is not Verdict.EARLY:
            self._heal(session, handling, parked, now)
        return IntakeResult(
            outcome=IntakeOutcome.JUDGED,
            verdict=verdict,
            received_at=now,
            parked=row.state == InboxState.PARKED,
            case_no=handling.case_no,
        )

    def take_snapshot(self, session: Session, message: InboundMessage, *, raw: bytes, now: datetime) -> IntakeResult:
        """Take the authority's status as queried: over a gap it simply is so (contracts.md "Common rules").

        What was parked up to it is late now; what is parked behind it follows. A status that we know already changes
        nothing. RESULT_SENT does not say what was decided: the decision is taken from what is parked, and while it is
        not there the gap stays open and an operator gets a task.
        """
        handling = lock_handling(session, message.handling_no)
        if handling is None or message.seq is None:
            return IntakeResult(outcome=IntakeOutcome.UNKNOWN_HANDLING, received_at=now)
        if message.seq <= handling.last_seq:
            return IntakeResult(
                outcome=IntakeOutcome.JUDGED, verdict=Verdict.LATE, received_at=now, case_no=handling.case_no
            )
        if self._says_no_decision(session, handling, message, message.seq, now):
            return IntakeResult(
                outcome=IntakeOutcome.JUDGED,
                verdict=Verdict.EARLY,
                received_at=now,
                parked=True,
                case_no=handling.case_no,
            )
        known, _ = self._found(session, message)
        if known is not None and known.verdict != Verdict.EARLY:
            return self._again(session, known, message, now)  # its id took effect at another place: nothing new
        if known is not None and known.content_sha256 != _sha256(message.content):
            note_security_event(session, known.sender, "MESSAGE_ID_REUSED", now, handling_no=known.handling_no)
        row = known or self._stored(session, message, raw, now, handling.case_no)
        said = self.message_of(row) if known is not None else message  # the first content stays
        parked = select(InboxRow).filter_by(handling_no=message.handling_no, verdict=Verdict.EARLY)
        for overtaken in session.scalars(parked.where(InboxRow.seq <= said.seq, InboxRow.id != row.id)):
            overtaken.state, overtaken.verdict, overtaken.park_until = InboxState.APPLIED, Verdict.LATE, None
        verdict = self._jump(session, handling, row, said, now)
        self._heal(session, handling, parked_of(session, message.handling_no), now)
        return IntakeResult(outcome=IntakeOutcome.JUDGED, verdict=verdict, received_at=now, case_no=handling.case_no)

    def _found(self, session: Session, message: InboundMessage) -> tuple[InboxRow | None, list[InboxRow]]:
        """The same message as it came before, and what is parked for its handling.

        It may have come as a notice of its own: C's query answers with the sid of its latest notice.
        """
        sender = message.partner or CITY
        same = and_(InboxRow.sender == sender, InboxRow.message_id == message.message_id)
        waits = and_(InboxRow.handling_no == message.handling_no, InboxRow.state == InboxState.PARKED)
        rows = list(session.scalars(select(InboxRow).where(or_(same, waits))))
        known = next((row for row in rows if (row.sender, row.message_id) == (sender, message.message_id)), None)
        parked = [row for row in rows if row.state == InboxState.PARKED and row.handling_no == message.handling_no]
        if known is not None and known.given_up:
            session.delete(known)  # it never took effect and waits no more: its id is free
            session.flush()
            return None, parked
        return known, parked

    def _says_no_decision(
        self, session: Session, handling: HandlingRow, message: InboundMessage, seq: int, now: datetime
    ) -> bool:
        """RESULT_SENT over a gap: the decision is taken from behind the gap; True when it has not come either."""
        if message.event is not WireEvent.RESULT_SENT or handling.decision is not None:
            return False
        parked = select(InboxRow).filter_by(handling_no=handling.handling_no, verdict=Verdict.EARLY)
        decided = parked.where(InboxRow.seq < seq, InboxRow.event_name.in_(DECISIONS)).order_by(InboxRow.seq.desc())
        row = session.scalar(decided.limit(1))
        if row is not None:
            self._jump(session, handling, row, self.message_of(row), now)
            return False
        open_task(
            session,
            key=f"{handling.handling_no}/undecided/{seq}",
            kind=TaskKind.REFUSED_EVENT,
            case_no=handling.case_no,
            handling_no=handling.handling_no,
            now=now,
            data={
                "sender": message.partner or CITY,
                "messageId": message.message_id,
                "event": message.event,
                "seq": seq,
                "occurredAt": message.occurred_at.isoformat(),
            },
        )
        return True

    def _jump(
        self, session: Session, handling: HandlingRow, row: InboxRow, message: InboundMessage, now: datetime
    ) -> Verdict:
        """Settle one message over whatever is missing before it."""
        before = handling.progress
        verdict = judge_snapshot(before, message.event)
        settle(session, handling, row, message, verdict, now, self._gap_patience)
        if verdict is Verdict.APPLIED and message.event is not None and message.seq is not None:
            handling.progress = snapshot(before, message.event, message.seq, message.payload.round)
        if row.update_name == CaseUpdate.AUTHORITY_EVENT:
            row.update = {**(row.update or {}), "snapshot": True}
        return verdict

    def adopt(self, session: Session, handling_no: str, now: datetime) -> None:
        """`adopt_for` the handling of this number, locked; nothing where there is none."""
        handling = lock_handling(session, handling_no)
        if handling is not None:
            self.adopt_for(session, handling, now)

    def adopt_for(self, session: Session, handling: HandlingRow, now: datetime) -> None:
        """Judge in sequence what was parked for a handling that was ours to come and is here now.

        `handling`: locked, or new in this transaction. What another network than its own has sent becomes dead.
        """
        parked = parked_of(session, handling.handling_no)
        for row in [row for row in parked if row.verdict is None]:
            if row.sender != (handling.partner or CITY):
                row.state, row.error = InboxState.DEAD, "FOREIGN_HANDLING"
                continue
            message = self.message_of(row)
            if message.province is not None and message.province[:2] != handling.region[:2]:
                row.state, row.error = InboxState.DEAD, "FOREIGN_HANDLING"
                continue
            bound = associated_data_of(row.sender, row.message_id)
            for name in ("message", "raw"):  # it is the case's now
                setattr(row, name, self.sealer.reseal(getattr(row, name), bound, of=handling.case_no))
            verdict = judged(handling, message)
            if verdict is Verdict.REFUSED and handling.progress.state is WireState.UNSENT:
                continue  # our submission is still on its way: judged again when it is stored
            settle(session, handling, row, message, verdict, now, self._gap_patience)
        self._heal(session, handling, parked, now)

    def accept(self, session: Session, handling_no: str, message_id: str, now: datetime) -> None:
        """A person says that this message's decision counts: the handling's progress and result become what it says.

        Whatever the first decision has brought, the authority may send what it names now (decisions.md 9).

        Raises:
            NoResultFound: the handling's partner has sent no message of this id.
        """
        handling = lock_handling(session, handling_no)
        if handling is None:
            return
        said = select(InboxRow).filter_by(sender=handling.partner or CITY, message_id=message_id)
        message = self.message_of(session.scalars(said).one())
        handling.wire_state, handling.changed_at = WireState.DECIDED, now
        handling.decision = handling.last_event = message.event
        result = message.payload.result if message.event is WireEvent.APPROVED else None
        handling.result = result.named() if result is not None else None

    def message_of(self, row: InboxRow) -> InboundMessage:
        """The message of a row, opened. Raises Misconfigured where SEAL_KEYS lacks its key."""
        bound = associated_data_of(row.sender, row.message_id)
        return InboundMessage.model_validate_json(self.sealer.open(row.message, bound))

    def raw_of(self, row: InboxRow) -> bytes:
        """The bytes as they came, opened: of A the body, of B the row, of C the notice; of a snapshot its content."""
        return self.sealer.open(row.raw, associated_data_of(row.sender, row.message_id))

    def first_raw(self, session: Session, sender: str, message_id: str) -> bytes:
        """The bytes that came first under this sender and message id.

        Raises:
            NoResultFound: no message has this id.
        """
        return self.raw_of(session.scalars(select(InboxRow).filter_by(sender=sender, message_id=message_id)).one())

    def _again(self, session: Session, row: InboxRow, message: InboundMessage, now: datetime) -> IntakeResult:
        verdict = Verdict(row.verdict) if row.verdict else None
        if row.content_sha256 != _sha256(message.content):
            note_security_event(session, row.sender, "MESSAGE_ID_REUSED", now, handling_no=row.handling_no)
            taking = IntakeOutcome.CONFLICT
        elif row.case_no is None:
            taking = IntakeOutcome.TO_COME
        else:
            taking = IntakeOutcome.DUPLICATE
        return IntakeResult(
            outcome=taking,
            verdict=verdict,
            received_at=row.received_at,
            parked=row.state == InboxState.PARKED,
            case_no=row.case_no,
        )

    def _not_yet(self, session: Session, message: InboundMessage, raw: bytes, now: datetime) -> IntakeResult:
        row = self._stored(session, message, raw, now)
        row.state, row.park_until = InboxState.PARKED, now + PARKED_UNTIL_KNOWN
        return IntakeResult(outcome=IntakeOutcome.TO_COME, received_at=now, parked=True)

    def _stored(
        self, session: Session, message: InboundMessage, raw: bytes, now: datetime, case_no: str | None = None
    ) -> InboxRow:
        """`case_no`: whose key seals it; None: of a case that is to come."""
        sender = message.partner or CITY
        bound = associated_data_of(sender, message.message_id)
        row = InboxRow(
            sender=sender,
            message_id=message.message_id,
            content_sha256=_sha256(message.content),
            handling_no=message.handling_no,
            event_name=message.event_name,
            seq=message.seq,
            occurred_at=message.occurred_at,
            received_at=now,
            state=InboxState.NEW,
            message=self.sealer.seal(message.model_dump_json().encode(), bound, of=case_no),
            raw=self.sealer.seal(raw, bound, of=case_no),
        )
        session.add(row)
        return row

    def _heal(self, session: Session, handling: HandlingRow, parked: Sequence[InboxRow], now: datetime) -> None:
        """Events parked for a gap follow as soon as it is filled. `parked`: all of this handling, under its lock."""
        while True:
            waiting = (row for row in parked if row.state == InboxState.PARKED)
            following = next((row for row in waiting if row.seq == handling.last_seq + 1), None)
            if following is None:
                return
            message = self.message_of(following)
            verdict = judge(handling.progress, message.event, message.seq, message.payload.round)
            if verdict is Verdict.REFUSED and handling.progress.state is WireState.UNSENT:
                return  # our submission is still on its way: judged again when it is stored
            settle(session, handling, following, message, verdict, now, self._gap_patience)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
