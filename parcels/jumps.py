"""Scans that no vehicle can have made one after the other (位置跳变): each proves nothing, and a person is asked.

A position is what a device says of itself, and the work list says where the doors are: who wants to seem to have been
somewhere has only to copy it. What he can't copy is the way between.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from domain.terms import Datum, ScanSource
from logistics.geo import Point
from logistics.jumps import is_jump
from logistics.scans import GpsFix
from parcels.device_tasks import open_or_count
from parcels.scan_parsing import JUMPED, GpsOnWire
from storage.parcels.legs import CourierRow
from storage.parcels.scans import ScanEventRow

_AROUND: Final = 10
"""So many scans before and behind a batch are looked at for a position."""
_UNKNOWN_ACCURACY_M: Final = 100.0
_PLAYED: Final = 1.0


class _Said(NamedTuple):
    at: datetime
    fix: GpsFix


class Track:
    """Where one device was, as it has said itself, and where its courier was seen last. One use, as a batch."""

    def __init__(self, session: Session, device_id: str, sequences: Sequence[int], courier: CourierRow | None) -> None:
        """`sequences`: of the scans of the batch that say a position; without any, nothing is read."""
        self._said: dict[int, _Said] = {}
        self._courier: _Said | None = None
        if not sequences:
            return
        around = ScanEventRow.device_seq.between(min(sequences) - _AROUND, max(sequences) + _AROUND)
        columns = (ScanEventRow.device_seq, ScanEventRow.corrected_at, ScanEventRow.clock_suspect, ScanEventRow.payload)
        asked = select(*columns).filter_by(source=ScanSource.DEVICE, device_id=device_id).where(around)
        for sequence, at, suspect, payload in session.execute(asked):
            if payload.get("gps") is not None and not suspect and not payload.get(JUMPED):
                self._said[sequence] = _Said(at, GpsOnWire.model_validate(payload["gps"]).fix())
        if courier is not None and courier.seen_at is not None:
            point = Point(lat=courier.lat, lon=courier.lon, datum=Datum.WGS84)
            self._courier = _Said(courier.seen_at, GpsFix(point=point, accuracy_m=_UNKNOWN_ACCURACY_M))

    def jumps(self, sequence: int, at: datetime, fix: GpsFix, time_scale: float) -> bool:
        """Whether a scan of this device can't be: too far from its neighbours, or from where its courier was seen.

        One that can be is a neighbour of those that follow. `time_scale` other than 1: played, where couriers fly.
        """
        if time_scale != _PLAYED:
            return False
        before = max((known for known in self._said if known < sequence), default=None)
        behind = min((known for known in self._said if known > sequence), default=None)
        others = [self._said[known] for known in (before, behind) if known is not None]
        others += [self._courier] if self._courier is not None else []
        if any(is_jump(other.fix, fix, at - other.at) for other in others):
            return True
        self._said[sequence] = _Said(at, fix)
        return False


def ask_about_jumps(session: Session, device_id: str, count: int, now: datetime) -> None:
    """A person looks at a device that was in two places: one task per device and day says how many scans."""
    if count:
        open_or_count(session, TaskKind.SCAN_JUMPED, "scans-jumped", device_id, count, now)
