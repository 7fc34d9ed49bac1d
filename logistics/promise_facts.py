"""What the scans say about the promise: the stop, the pauses, the cancellation (承诺事实), courier.md §4."""

from collections.abc import Mapping
from datetime import datetime

from domain.terms import PARCEL_RANK, Leg, ParcelStage
from logistics.parcels import ParcelState
from logistics.promise_model import Pause, PauseReason, PromiseFacts
from logistics.scans import FailureReason, JudgedScan, ScanUse

_REASONS = frozenset(reason.value for reason in PauseReason if reason is not PauseReason.ADDRESS_WRONG)
"""What a courier may say at a door: no word of his alone stops the clock without end."""


def facts_of(state: ParcelState, synced_through: datetime | None = None) -> PromiseFacts:
    """The facts of a door leg. `synced_through`: the earliest time up to which each device concerned has uploaded.

    A pickup is handed over by PICKED_UP, a delivery by DELIVERED; the arrival is at the applicant's door in both.
    """
    return PromiseFacts(
        arrived=state.arrived_door,
        handed_over=state.picked_up if state.leg is Leg.PICKUP else state.delivered,
        cancelled_at=_cancelled_at(state),
        synced_through=synced_through,
    )


def pauses_of(state: ParcelState) -> tuple[Pause, ...]:
    """Pauses from ON_HOLD scans whose note is a `PauseReason`; each ends with the next scan of the main line.

    The scan itself is the evidence (its place, time and proofs).
    """
    effective = [scan for scan in state.scans if scan.use is ScanUse.EFFECTIVE]
    pauses = []
    for place, scan in enumerate(effective):
        event = scan.event
        if event.stage is not ParcelStage.ON_HOLD or event.note not in _REASONS:
            continue
        ending = _next_main(effective[place + 1 :])
        pauses.append(
            Pause(
                id=event.event_id,
                start=scan.at,
                end=ending.at if ending else None,
                reason=PauseReason(event.note),
                evidence=event.event_id,
                recorded_at=event.recorded_at,
                end_recorded_at=max(ending.event.recorded_at, event.recorded_at) if ending else None,
            )
        )
    return tuple(pauses)


def address_pauses(state: ParcelState, corrected: Mapping[int, datetime]) -> tuple[Pause, ...]:
    """Pauses from visits to a door that was not the right one: each until somebody has put the address right.

    `corrected`: attempt (epoch) → when that was; without it the next scan of the main line says that it was.
    """
    effective = [scan for scan in state.scans if scan.use is ScanUse.EFFECTIVE]
    pauses = []
    for place, scan in enumerate(effective):
        if not found_no_door(scan):
            continue
        ending = _next_main(effective[place + 1 :])
        known = [corrected[scan.epoch]] if scan.epoch in corrected else []
        known += [max(ending.at, ending.event.recorded_at)] if ending is not None else []
        end = max(min(known), scan.event.recorded_at) if known else None
        pauses.append(
            Pause(
                id=scan.event.event_id,
                start=scan.at,
                end=end,
                reason=PauseReason.ADDRESS_WRONG,
                evidence=scan.event.event_id,
                recorded_at=scan.event.recorded_at,
                end_recorded_at=end,
            )
        )
    return tuple(pauses)


def found_no_door(scan: JudgedScan) -> bool:
    """Whether a visit has failed because the address is wrong."""
    failed = scan.event.stage in (ParcelStage.PICKUP_FAILED, ParcelStage.DELIVERY_FAILED)
    return failed and scan.event.note == FailureReason.WRONG_ADDRESS


def _next_main(scans: list[JudgedScan]) -> JudgedScan | None:
    return next((scan for scan in scans if scan.event.stage in PARCEL_RANK), None)


def _cancelled_at(state: ParcelState) -> datetime | None:
    """When it was cancelled, if it still is."""
    if state.side is not ParcelStage.CANCELLED and not state.return_required:
        return None
    times = [
        scan.at for scan in state.scans if scan.use is ScanUse.EFFECTIVE and scan.event.stage is ParcelStage.CANCELLED
    ]
    return times[-1] if times else None
