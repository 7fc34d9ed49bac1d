"""From raw events to judged ones: one copy each, times, voids, versions, attempts, repeats (采信规则).

Every step looks at the whole set and sorts by what is in the events, so that the order of arrival can't matter.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from domain.terms import PARCEL_RANK, ParcelStage
from logistics.geo import haversine_m
from logistics.one_hand import agreed_by_two
from logistics.scans import JudgedScan, LegPolicy, ScanEvent, ScanUse, Void
from logistics.stages import ATTEMPT_ENDS, order_of

FUTURE_TOLERANCE = timedelta(minutes=2)
REPEAT_WINDOW = timedelta(seconds=60)
GPS_ACCURACY_MAX_M = 100.0

# A carrier's trace that begins again this long after a delivery is a return, not a late scan.
_RESTART_AFTER_DELIVERY = timedelta(hours=1)

_UNDELIVERING = frozenset({ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED})


def judge(policy: LegPolicy, events: Iterable[ScanEvent]) -> list[JudgedScan]:
    """Each event once, with its verdict, in the order that counts: (time, rank, device, sequence, id)."""
    unique = one_copy_each(events)
    voided = _voided(unique)
    superseded = _superseded(event for id_, event in unique.items() if id_ not in voided)
    ordered = sorted(unique.values(), key=_sort_key)
    judged: list[JudgedScan] = []
    attempts = _Attempts()
    for event in ordered:
        use, by = _use(event, voided, superseded, unique)
        at, suspect = counted_time(event)
        epoch = attempts.place(event, at) if use is ScanUse.EFFECTIVE else event.epoch or attempts.current
        doubtful = suspect or event.proofs_pending or event.label_wrong or event.jumped
        verified = use is ScanUse.EFFECTIVE and not doubtful
        if event.stage is ParcelStage.ARRIVED_DOOR:
            verified = verified and at_the_door(policy, event)
        judged.append(
            JudgedScan(event=event, at=at, epoch=epoch, use=use, verified=verified, clock_suspect=suspect, by=by)
        )
    return _mark_repeats(judged)


def one_copy_each(events: Iterable[ScanEvent]) -> dict[str, ScanEvent]:
    """By event id; of several copies the first recorded one."""
    unique: dict[str, ScanEvent] = {}
    for event in events:
        known = unique.get(event.event_id)
        if known is None or (event.recorded_at, event.canonical()) < (known.recorded_at, known.canonical()):
            unique[event.event_id] = event
    return unique


def counted_time(event: ScanEvent) -> tuple[datetime, bool]:
    """(the time that counts in UTC, is the device's clock suspect). More than 2 minutes ahead: the server's time."""
    ahead = event.occurred_at > event.recorded_at + FUTURE_TOLERANCE
    at = event.recorded_at if ahead else event.occurred_at
    return at.astimezone(UTC), ahead or event.clock_suspect


def at_the_door(policy: LegPolicy, event: ScanEvent) -> bool:
    """An arrival is believed with a fix of ≤ 100 m, not made up, within the fence plus its accuracy."""
    fix = event.gps
    if policy.door is None or fix is None or fix.mocked or fix.accuracy_m > GPS_ACCURACY_MAX_M:
        return False
    here = fix.point.to(policy.door.datum)
    return haversine_m(here, policy.door) <= policy.geofence_m + fix.accuracy_m


class _Attempts:
    """Finds the attempt of an event that names none: after an attempt's end the main line starts the next."""

    def __init__(self) -> None:
        self.current = 1
        self._ended = False
        self._returning = False
        self._delivered_at: datetime | None = None

    def place(self, event: ScanEvent, at: datetime) -> int:
        stage = event.stage
        if event.epoch is not None and event.epoch < self.current:
            return event.epoch
        if event.epoch is not None and event.epoch > self.current:
            self._begin(event.epoch)
        elif event.epoch is None and stage in PARCEL_RANK and (self._ended or self._starts_again(stage, at)):
            self._begin(self.current + 1)
        # what is on its way back passes the same places again: no new attempt unless a device says so
        self._returning = self._returning or stage is ParcelStage.RETURNING
        self._ended = (self._ended or stage in ATTEMPT_ENDS) and not self._returning
        if stage is ParcelStage.DELIVERED and self._delivered_at is None:
            self._delivered_at = at
        return self.current

    def _begin(self, epoch: int) -> None:
        self.current, self._ended, self._returning, self._delivered_at = epoch, False, False, None

    def _starts_again(self, stage: ParcelStage | None, at: datetime) -> bool:
        if stage is not ParcelStage.PICKED_UP or self._delivered_at is None or self._returning:
            return False
        return at - self._delivered_at >= _RESTART_AFTER_DELIVERY


def _sort_key(event: ScanEvent) -> tuple[datetime, int, str, int, str]:
    at, _ = counted_time(event)
    rank = order_of(event.stage) if event.stage else 999
    return at, rank, event.device_id, event.device_seq, event.event_id


def _use(
    event: ScanEvent, voided: dict[str, str], superseded: dict[str, str], unique: dict[str, ScanEvent]
) -> tuple[ScanUse, str | None]:
    if event.event_id in voided:
        return ScanUse.VOIDED, voided[event.event_id]
    if event.kind is Void.VOID:
        waits = not _approved(event, unique)
        return (ScanUse.VOID_PENDING if waits else ScanUse.VOID), event.voids
    if event.event_id in superseded:
        return ScanUse.SUPERSEDED, superseded[event.event_id]
    return ScanUse.EFFECTIVE, None


def _approved(void: ScanEvent, unique: dict[str, ScanEvent]) -> bool:
    """A correction that un-delivers is two people's word, one of them who may agree to it (courier.md §3)."""
    target = unique.get(void.voids or "")
    if target is None or target.stage not in _UNDELIVERING:
        return True
    return agreed_by_two(each for each in unique.values() if each.voids == void.voids)


def _voided(unique: dict[str, ScanEvent]) -> dict[str, str]:
    """event id → id of the VOID that takes it back; a VOID may be voided itself."""
    by_target: dict[str, list[str]] = {}
    for void in unique.values():
        if void.voids is not None and _approved(void, unique):
            by_target.setdefault(void.voids, []).append(void.event_id)

    def active(void_id: str, asking: frozenset[str]) -> bool:
        """Not taken back itself; two that take back each other are both without effect."""
        others = (other for other in by_target.get(void_id, []) if other not in asking)
        return not any(active(other, asking | {other}) for other in others)

    found: dict[str, str] = {}
    for target, voids in by_target.items():
        effective = sorted(void for void in voids if active(void, frozenset({void})))
        if effective:
            found[target] = effective[0]
    return found


def _superseded(events: Iterable[ScanEvent]) -> dict[str, str]:
    """event id → id of the later record of the same carrier's line."""
    versions: dict[str, list[ScanEvent]] = {}
    for event in events:
        if event.natural_key is not None:
            versions.setdefault(event.natural_key, []).append(event)
    found: dict[str, str] = {}
    for same in versions.values():
        latest = max(same, key=lambda event: (event.recorded_at, event.event_id))
        found |= {event.event_id: latest.event_id for event in same if event is not latest}
    return found


def _mark_repeats(judged: list[JudgedScan]) -> list[JudgedScan]:
    """The same scan by the same hand within a minute counts once, unless the second one proves more."""
    firsts: dict[tuple[object, ...], JudgedScan] = {}
    marked: list[JudgedScan] = []
    for scan in judged:
        event = scan.event
        key = (event.kind, scan.epoch, event.actor or event.device_id, event.signer_kind, event.voids)
        first = firsts.get(key)
        repeats = (
            scan.use is ScanUse.EFFECTIVE
            and event.natural_key is None
            and first is not None
            and scan.at - first.at < REPEAT_WINDOW
            and (first.verified or not scan.verified)
        )
        if repeats and first is not None:
            marked.append(scan.model_copy(update={"use": ScanUse.REPEAT, "by": first.event.event_id}))
            continue
        if scan.use is ScanUse.EFFECTIVE:
            firsts[key] = scan
        marked.append(scan)
    return marked
