"""Reconciliation (对账) of one network and day: our books against theirs, repaired by replay where theirs lead.

A and C: every handling that is open or changed that day is queried. B: receipts, batch chains and open rows
(contracts.md "Reconciliation"). No list is exchanged.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, PartnerError, PartnerRefused
from domain.inbound import InboundMessage
from domain.reconciliation import Difference, DifferenceKind, ReconciliationReport
from domain.terms import DECISIONS, Partner
from domain.wire import WireState
from partners.base import PartnerAdapter
from partners.standards import CHINA
from relay.catching_up import ref_of
from storage.base import Database
from storage.cases import HandlingRow
from storage.inbox import Inbox
from storage.reconciliation import keep_report

_AT_REST: Final = (WireState.UNSENT, WireState.DECIDED, WireState.RESULT_SENT)
_GIVE_UP_AFTER: Final = 3  # attempts in a row that a network did not answer


BatchBooks = Callable[[Session, datetime], tuple[int, list[Difference]]]
"""The books of a wire that cannot be asked, at a moment: how much was compared, and what does not agree."""


class Reconciliation:
    """Makes and keeps reports; may be made again at any time, repairs once. `books`: of the wires without a query."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        adapters: Mapping[Partner, PartnerAdapter],
        now: Callable[[], datetime],
        *,
        books: Mapping[Partner, BatchBooks],
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._adapters = adapters
        self._books = books
        self._now = now

    def reconcile(self, partner: Partner, day: date) -> ReconciliationReport:
        """Compare, repair, keep the report of `day` (Asia/Shanghai), return it. NotFound: no such network here."""
        if partner not in self._adapters:
            raise NotFound("本系统没有接入这个网络", code="NETWORK_ABSENT")
        books = self._books.get(partner)
        report = self._from_batches(partner, day, books) if books else self._asked(partner, day)
        with self._database.write() as session:
            keep_report(session, report)
        return report

    def _asked(self, partner: Partner, day: date) -> ReconciliationReport:
        with self._database.read() as session:
            handlings = _open_or_changed(session, partner, day)
        differences: list[Difference] = []
        compared = silent = 0
        for handling in handlings:
            if silent >= _GIVE_UP_AFTER:
                break
            try:
                theirs = self._adapters[partner].query(ref_of(handling))
            except PartnerRefused:
                theirs = None
            except PartnerError:
                silent += 1
                continue
            silent, compared = 0, compared + 1
            difference = self._compared(handling.handling_no, theirs)
            differences += [difference] if difference else []
        return ReconciliationReport(
            partner=partner,
            day=day,
            made_at=self._now(),
            compared=compared,
            differences=tuple(differences),
            unanswered=len(handlings) - compared,
        )

    def _compared(self, handling_no: str, theirs: InboundMessage | None) -> Difference | None:
        """Against our truth as it is now: a callback may have come while the network was asked."""
        with self._database.write() as session:
            ours = session.get_one(HandlingRow, handling_no, with_for_update=True)
            difference = compare(ours, theirs)
            if difference is None or difference.kind is not DifferenceKind.THEY_ARE_AHEAD or theirs is None:
                return difference
            self._inbox.take_snapshot(session, theirs, raw=theirs.content, now=self._now())
            return difference.model_copy(update={"repaired": True})

    def _from_batches(self, partner: Partner, day: date, books: BatchBooks) -> ReconciliationReport:
        with self._database.read() as session:
            compared, differences = books(session, self._now())
        return ReconciliationReport(
            partner=partner, day=day, made_at=self._now(), compared=compared, differences=tuple(differences)
        )


def compare(ours: HandlingRow, theirs: InboundMessage | None) -> Difference | None:
    """One handling: None where the books agree."""
    seq = 0 if theirs is None or theirs.seq is None else theirs.seq
    kind: DifferenceKind | None = None
    if seq < ours.last_seq:
        kind = DifferenceKind.WE_ARE_AHEAD
    elif theirs is not None and theirs.event in DECISIONS and ours.decision not in (None, theirs.event):
        kind = DifferenceKind.CONTRADICTION
    elif seq > ours.last_seq:
        kind = DifferenceKind.THEY_ARE_AHEAD
    elif theirs is not None and theirs.event is not None and theirs.event != ours.last_event:
        kind = DifferenceKind.OTHER_EVENT
    if kind is None:
        return None
    event = theirs.event_name if theirs is not None and theirs.event is not None else ""
    return Difference(
        subject=ours.handling_no,
        kind=kind,
        ours=f"{ours.last_seq} {ours.last_event or ''}".strip(),
        theirs=f"{seq} {event}".strip(),
    )


def _open_or_changed(session: Session, partner: Partner, day: date) -> list[HandlingRow]:
    begin = datetime.combine(day, time.min, CHINA)
    changed = HandlingRow.changed_at.between(begin, begin + timedelta(days=1))
    open_or_changed = or_(HandlingRow.wire_state.not_in(_AT_REST), changed)
    query = select(HandlingRow).filter_by(partner=partner).where(open_or_changed)
    return list(session.scalars(query.order_by(HandlingRow.handling_no)))
