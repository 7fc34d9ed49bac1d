"""Which line of the log a correction (VOID) takes back: the wire names it by its sender's id, and each has its own."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.terms import ScanSource
from storage.parcels.scans import ScanEventRow, log_id


class Target(NamedTuple):
    """A line of the log that a correction may mean."""

    event_id: str
    own: bool  # this very device has said it
    leg_id: str | None
    recorded_at: datetime | None  # None: in the batch that is being taken


class Targets:
    """What the corrections of one batch may take back. `own_only`: a courier, who has no say over other devices."""

    def __init__(self, session: Session, device_id: str, said_ids: Iterable[str], own_only: bool) -> None:
        self._device_id = device_id
        self._own_only = own_only
        self._known: dict[str, list[Target]] = {}
        self._taken: set[str] = set()
        wanted = set(said_ids)
        if not wanted:
            return
        for row in session.scalars(select(ScanEventRow).where(ScanEventRow.said_id.in_(wanted))):
            own = (row.source, row.device_id) == (ScanSource.DEVICE, device_id)
            self._known.setdefault(row.said_id, []).append(Target(row.event_id, own, row.leg_id, row.recorded_at))
        found = [target.event_id for targets in self._known.values() for target in targets]
        before = select(ScanEventRow.voids_id).filter_by(source=ScanSource.DEVICE, device_id=device_id)
        self._taken |= {id_ for id_ in session.scalars(before.where(ScanEventRow.voids_id.in_(found))) if id_}

    def add(self, said_id: str, event_id: str, leg_id: str | None) -> None:
        """Note a line of this batch, which a later correction may mean."""
        self._known.setdefault(said_id, []).append(Target(event_id, True, leg_id, None))

    def may(self, said_id: str) -> bool:
        """Whether this person may take it back; of one that has not come yet, the same device's is meant."""
        known = self._known.get(said_id)
        return not (known and self._own_only) or any(target.own for target in known or ())

    def of(self, said_id: str, leg_id: str | None) -> Target | None:
        """The line that a correction of `said_id` takes back; None: none has come yet, and it may be anybody's.

        The device's own, else one of the leg that was scanned, else the first to come; after one has been taken back by
        this device the next, so that nobody who says the same id first shields the others.
        """
        known = [target for target in self._known.get(said_id, ()) if target.own or not self._own_only]
        if not known:
            own = log_id(ScanSource.DEVICE, self._device_id, said_id)
            return Target(own, True, leg_id, None) if self._own_only else None
        best = min(known, key=lambda target: self._order(target, leg_id))
        self._taken.add(best.event_id)
        return best

    def _order(self, target: Target, leg_id: str | None) -> tuple[bool, bool, bool, str, str]:
        came = target.recorded_at.isoformat() if target.recorded_at is not None else "~"
        elsewhere = target.leg_id != leg_id
        return not target.own, elsewhere, target.event_id in self._taken, came, target.event_id
