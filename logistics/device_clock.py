"""When did it really happen: a device's wall clock checked against its monotonic clock and ours (courier.md §7).

Within one boot the monotonic clock can't be set. So one good moment of a boot fixes all others, whatever is
done to the wall clock; and nothing can have happened after we received it.
"""

from datetime import datetime, timedelta

from domain.model import Frozen

WALL_TOLERANCE = timedelta(seconds=2)
FUTURE_TOLERANCE = timedelta(minutes=2)


class Boot(Frozen):
    """What is known of one boot of a device. `zero_at`: the true time at which its monotonic clock was 0."""

    zero_at: datetime


class CorrectedTime(Frozen):
    """`suspect`: neither clock proves it; the event is kept but does not count as proof."""

    at: datetime
    suspect: bool


def correct(
    occurred_at: datetime, mono_ms: int | None, boot: Boot | None, received_at: datetime
) -> tuple[CorrectedTime, Boot | None]:
    """(the time that counts, what is now known of the boot). `boot` None: its first event, or no monotonic clock.

    A wall clock that runs ahead of ours by more than 2 minutes is not believed; one that jumped since the boot
    was first seen is put right by the monotonic clock.
    """
    if mono_ms is None:
        ahead = occurred_at > received_at + FUTURE_TOLERANCE
        return CorrectedTime(at=received_at if ahead else occurred_at, suspect=ahead), None
    since = timedelta(milliseconds=mono_ms)
    latest_zero = received_at - since
    wall_zero = occurred_at - since
    if boot is None:
        if wall_zero > latest_zero + FUTURE_TOLERANCE:
            return CorrectedTime(at=received_at, suspect=True), Boot(zero_at=latest_zero)
        return CorrectedTime(at=min(occurred_at, received_at), suspect=False), Boot(zero_at=min(wall_zero, latest_zero))
    zero_at = boot.zero_at
    if zero_at > latest_zero + FUTURE_TOLERANCE:
        # The monotonic clock went back within a boot: no clock of this device proves anything.
        return CorrectedTime(at=min(occurred_at, received_at), suspect=True), boot
    if abs(wall_zero - zero_at) <= WALL_TOLERANCE:
        return CorrectedTime(at=min(occurred_at, received_at), suspect=False), boot
    return CorrectedTime(at=min(zero_at + since, received_at), suspect=False), Boot(zero_at=min(zero_at, latest_zero))
