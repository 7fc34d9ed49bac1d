"""What one login can't say alone (两人分别确认): the giving and the taking of a parcel, and that it was not delivered.

Judged by the whole set of events, so that the order of arrival can't matter (decision 60).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from domain.terms import PARCEL_RANK, ParcelStage
from logistics.scans import JudgedScan, ScanEvent

_FROM: Final = PARCEL_RANK[ParcelStage.PICKED_UP]
_TO: Final = PARCEL_RANK[ParcelStage.DELIVERED]


def checks_of_one_hand(attempt: Sequence[JudgedScan]) -> frozenset[str]:
    """Ids of the hall's checks in an attempt by a login that has also brought the parcel there, all alone.

    Where somebody else has had it in his hands too (another login, the carrier, a hand-over of two sides), the check is
    the hall's own. A check before which nobody has said anything is one side's word, and counts as that.
    """
    hands = {scan.event.login for scan in attempt if _is_in_hand(scan.event.stage)}
    checks = [scan.event for scan in attempt if scan.event.stage is ParcelStage.HALL_CHECKED]
    return frozenset(check.event_id for check in checks if check.login is not None and hands == {check.login})


def _is_in_hand(stage: ParcelStage | None) -> bool:
    return stage is not None and _FROM <= PARCEL_RANK.get(stage, 0) <= _TO


def agreed_by_two(voids: Iterable[ScanEvent]) -> bool:
    """Whether these corrections of one event come from two people, one of whom may agree to it.

    From before logins were kept the word of one who may agree is enough, as it was then.
    """
    said = list(voids)
    logins = {void.login for void in said}
    return any(void.second_approval and (void.login is None or len(logins) > 1) for void in said)
