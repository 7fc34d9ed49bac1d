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
from domain.troubles import Subject
from domain.wire import WireState
from exchange.gap_recovery import ref_of
from partners.base import PartnerAdapter
from partners.standards import CHINA
from storage.base import Database
from storage.cases.rows import HandlingRow
from storage.exchange.inbox import Inbox
from storage.exchange.reconciliation_reports import keep_report
from storage.exchange.without_effect import WithoutEffect, without_effect
from storage.row_isolation import RowIsolation

_AT_REST: Final = (WireState.UNSENT, WireState.DECIDED, WireState.RESULT_SENT)
_GIVE_UP_AFTER: Final = 3  # attempts in a row that a network did not answer


BatchBooks = Callable[[Session, datetime], tuple[int, list[Difference]]]
"""The books of a wire that cannot be asked, at a moment: how much was compared, and what does not agree."""


class Reconciliation:
    """Makes and keeps reports; may be made again at any time, repairs once.

    `books`: of the networks without a query (B).
    """

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

    def reconcile(self, partner: Partner, day: date, rows: RowIsolation | None = None) -> ReconciliationReport:
        """Compare, repair, keep the report of `day` (Asia/Shanghai), return it.

        A handling that could not be compared counts as unanswered; `rows` knows what happened to it.

        Raises:
            NotFound: this installation has no such network.
        """
        if partner not in self._adapters:
            raise NotFound("本系统没有接入这个网络", code="NETWORK_ABSENT")
        books = self._books.get(partner)
        report = self._from_batches(partner, day, books) if books else self._asked(partner, day, rows or RowIsolation())
        with self._database.write() as session:
            lost = [_no_effect(one) for one in without_effect(session, partner, _begin(day), self._now())]
            report = report.model_copy(update={"differences": (*report.differences, *lost)})
            keep_report(session, report)
        return report

    def _asked(self, partner: Partner, day: date, rows: RowIsolation) -> ReconciliationReport:
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
            silent = 0
            with rows.each(Subject(key=handling.handling_no, handling_no=handling.handling_no)):
                difference = self._compared(handling.handling_no, theirs)
                differences += [difference] if difference else []
                compared += 1
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
    """One handling of ours against the status that the network gave; None: the books agree.

    `theirs` None: the network knows no event of it. What stands in the difference is `{seq} {event}`.
    """
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


def _no_effect(lost: WithoutEffect) -> Difference:
    return Difference(
        subject=lost.handling_no,
        kind=DifferenceKind.NO_EFFECT,
        ours=lost.state,
        theirs=f"{lost.seq if lost.seq is not None else ''} {lost.event}".strip(),
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, CHINA)


def _open_or_changed(session: Session, partner: Partner, day: date) -> list[HandlingRow]:
    begin = _begin(day)
    changed = HandlingRow.changed_at.between(begin, begin + timedelta(days=1))
    open_or_changed = or_(HandlingRow.wire_state.not_in(_AT_REST), changed)
    query = select(HandlingRow).filter_by(partner=partner).where(open_or_changed)
    return list(session.scalars(query.order_by(HandlingRow.handling_no)))
