"""Bags as scans tell of them (袋): what was put in, what was found, and what a person must look for.

Closing writes a scan for each parcel with the bag's number, seal and count; opening writes one for each that is there
and names those that are not. The scans may come in any order, from two devices, days apart.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.matters import End
from domain.model import Frozen
from domain.tasks import TaskKind
from logistics.scanned_code import number_of
from parcels.case_entries import leg_task, raise_task
from parcels.scan_batch import Bagged
from parcels.scan_parsing import BagSide
from parcels.scan_verdicts import Code
from storage.base import insert_new
from storage.parcels.bags import BagLineRow, BagRow, bag_of, lines_of
from storage.parcels.legs import LegRow, legs_by_number, lock_leg
from storage.parcels.scans import ScanEventRow
from storage.tasks.rows import settle_task


class BagFinding(StrEnum):
    """What does not agree between who closed a bag and who opened it."""

    BAG_SHORT = "BAG_SHORT"  # on the list, not in it
    BAG_EXTRA = "BAG_EXTRA"  # in it, not on the list
    BAG_SEAL = "BAG_SEAL"  # another seal than it was closed with
    FOUND = "FOUND"  # it had been missed, and here it is
    ONE_HAND = "ONE_HAND"  # opened by the login that had closed it
    TWO_HANDS = "TWO_HANDS"  # opened by another one as well


class BagGap(Frozen):
    """One parcel about which a person is asked, or no longer needs to be."""

    bag_no: str
    leg_id: str
    found: BagFinding
    event_id: str | None = None  # of the scan, where one is at fault


def note_bags(session: Session, bagged: Sequence[Bagged], leg_of: Callable[[str], LegRow | None]) -> list[BagGap]:
    """Write bags and their parcels as these scans say; returns what does not agree."""
    gaps: list[BagGap] = []
    for said in sorted(bagged, key=lambda one: (one.bag.no, one.at)):
        bag = _bag(session, said)
        line = _line(session, said.bag.no, said.number)
        leg = leg_of(said.number)
        line.leg_id = leg.leg_id if leg is not None else line.leg_id
        if said.bag.side is BagSide.CLOSED:
            gaps += _closed(session, bag, line, said)
        elif bag.closed_login == said.login:
            gaps += _one_hand(bag, line, said.event_id)
        else:
            gaps += _opened(session, bag, line, said)
    session.flush()
    for bag_no in {said.bag.no for said in bagged}:
        gaps += _strangers(session, bag_no)
    return gaps


def raise_gaps(session: Session, gaps: Iterable[BagGap], now: datetime) -> None:
    """Ask a person about each, once per bag and parcel; what was found again needs nobody."""
    for gap in gaps:
        leg = lock_leg(session, gap.leg_id)
        if leg is None:
            continue
        what = f"bag/{gap.bag_no}"
        if gap.found is BagFinding.FOUND:
            settle_task(session, leg_task(leg, TaskKind.DISCREPANCY, what), now, End.SETTLED)
        elif gap.found is BagFinding.TWO_HANDS:
            settle_task(session, leg_task(leg, TaskKind.SAME_PERSON, what), now, End.SECOND_PERSON)
        elif gap.found is BagFinding.ONE_HAND:
            raise_task(session, leg, TaskKind.SAME_PERSON, now, what, data={"bag": gap.bag_no})
        else:
            facts = {"findings": [gap.found], "bag": gap.bag_no}
            raise_task(session, leg, TaskKind.DISCREPANCY, now, what, data=facts)


def _bag(session: Session, said: Bagged) -> BagRow:
    fresh = {"bag_no": said.bag.no, "origin": said.bag.origin, "destination": said.bag.destination}
    insert_new(session, BagRow, fresh | {"seal_no": said.bag.sealNo, "expected": 0})
    bag = bag_of(session, said.bag.no)
    if bag is None:
        raise RuntimeError("a bag that was just written is gone")
    return bag


def _line(session: Session, bag_no: str, number: str) -> BagLineRow:
    insert_new(session, BagLineRow, {"bag_no": bag_no, "number": number, "missing": False})
    return session.get_one(BagLineRow, (bag_no, number), with_for_update=True, populate_existing=True)


def _closed(session: Session, bag: BagRow, line: BagLineRow, said: Bagged) -> list[BagGap]:
    line.put_event = line.put_event or said.event_id
    bag.origin, bag.destination, bag.seal_no = said.bag.origin, said.bag.destination, said.bag.sealNo
    bag.expected, bag.closed_at, bag.closed_by, bag.closed_login = said.bag.count, said.at, said.by, said.login
    return _not_opened(session, bag) if bag.opened_at is not None else []


def _not_opened(session: Session, bag: BagRow) -> list[BagGap]:
    """It was opened before its closing was heard of: what who has closed it has found, nobody else has seen."""
    gaps: list[BagGap] = []
    lines = [line for line in lines_of(session, [bag.bag_no]) if line.found_event is not None]
    events = select(ScanEventRow).where(ScanEventRow.event_id.in_([line.found_event for line in lines]))
    others = {row.event_id: row for row in session.scalars(events) if row.login != bag.closed_login}
    for line in lines:
        if line.found_event is not None and line.found_event not in others:
            gaps += _one_hand(bag, line, line.found_event)
            line.found_event = None
    if bag.opened_login != bag.closed_login:
        return gaps
    first = min(others.values(), key=lambda row: (row.corrected_at, row.event_id), default=None)
    bag.opened_at = first.corrected_at if first is not None else None
    bag.opened_by = first.actor if first is not None else None
    bag.opened_login = first.login if first is not None else None
    bag.seal_found = bag.seal_found if first is not None else None
    return gaps


def _one_hand(bag: BagRow, line: BagLineRow, event_id: str) -> list[BagGap]:
    bag.one_hand = True
    if line.leg_id is None:
        return []
    return [BagGap(bag_no=bag.bag_no, leg_id=line.leg_id, found=BagFinding.ONE_HAND, event_id=event_id)]


def one_handed(gaps: Iterable[BagGap]) -> dict[str, Code]:
    """Id in the log → what the person who scans should hear of it."""
    return {gap.event_id: Code.SAME_PERSON for gap in gaps if gap.event_id is not None}


def _opened(session: Session, bag: BagRow, line: BagLineRow, said: Bagged) -> list[BagGap]:
    gaps: list[BagGap] = []
    if line.missing and line.leg_id is not None:
        gaps.append(BagGap(bag_no=bag.bag_no, leg_id=line.leg_id, found=BagFinding.FOUND))
    if bag.one_hand and line.found_event is None and line.leg_id is not None:
        gaps.append(BagGap(bag_no=bag.bag_no, leg_id=line.leg_id, found=BagFinding.TWO_HANDS))
    line.found_event, line.missing = line.found_event or said.event_id, False
    if bag.opened_at is None and bag.closed_at is not None and bag.seal_no != said.bag.sealNo and line.leg_id:
        gaps.append(BagGap(bag_no=bag.bag_no, leg_id=line.leg_id, found=BagFinding.BAG_SEAL))
    bag.opened_at, bag.opened_by = bag.opened_at or said.at, bag.opened_by or said.by
    bag.opened_login = bag.opened_login or said.login
    bag.seal_found = bag.seal_found or said.bag.sealNo
    missing = [number_of(number) for number in said.bag.missing]
    legs = legs_by_number(session, missing)
    for number in missing:
        lost = _line(session, bag.bag_no, number)
        if lost.found_event is None and not lost.missing:
            lost.missing, lost.leg_id = True, legs[number].leg_id if number in legs else None
            if lost.leg_id is not None:
                gaps.append(BagGap(bag_no=bag.bag_no, leg_id=lost.leg_id, found=BagFinding.BAG_SHORT))
    return gaps


def _strangers(session: Session, bag_no: str) -> list[BagGap]:
    """Found in a bag whose closing is known to the last parcel, and not put in: it travelled unlisted."""
    bag, lines = session.get_one(BagRow, bag_no), lines_of(session, [bag_no])
    put = [line for line in lines if line.put_event is not None]
    if bag.closed_at is None or len(put) < bag.expected:
        return []
    extra = [line.leg_id for line in lines if line.put_event is None and line.found_event is not None]
    return [BagGap(bag_no=bag_no, leg_id=leg_id, found=BagFinding.BAG_EXTRA) for leg_id in extra if leg_id]
