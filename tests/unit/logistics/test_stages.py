"""The transition table of courier.md §3."""

import pytest

from domain.terms import PARCEL_RANK, ParcelStage
from logistics.stages import NEXT, allowed, order_of, reachable

S = ParcelStage


def test_every_stage_has_a_line_and_an_order() -> None:
    assert set(NEXT) == set(ParcelStage)
    assert len({order_of(stage) for stage in ParcelStage}) == len(ParcelStage)


@pytest.mark.parametrize("stage", [stage for stage, rank in PARCEL_RANK.items() if rank < PARCEL_RANK[S.PICKED_UP]])
def test_cancelled_only_before_the_pickup(stage: ParcelStage) -> None:
    assert allowed(stage, S.CANCELLED)


@pytest.mark.parametrize("stage", [stage for stage, rank in PARCEL_RANK.items() if rank >= PARCEL_RANK[S.PICKED_UP]])
def test_never_cancelled_in_custody(stage: ParcelStage) -> None:
    assert not allowed(stage, S.CANCELLED)


@pytest.mark.parametrize(
    ("current", "following", "strict", "with_gaps"),
    [
        (S.EN_ROUTE, S.PICKED_UP, True, True),
        (S.ASSIGNED, S.PICKUP_FAILED, False, True),
        (S.AT_OUTLET, S.DELIVERY_FAILED, False, True),
        (S.PICKED_UP, S.PICKUP_FAILED, False, False),
        (S.DELIVERED, S.DELIVERY_FAILED, False, False),
        (S.DELIVERED, S.RETURNED, False, True),
        (S.RETURNED, S.LOST, False, False),
    ],
)
def test_strict_and_with_missed_scans(
    current: ParcelStage, following: ParcelStage, strict: bool, with_gaps: bool
) -> None:
    assert allowed(current, following) is strict
    assert reachable(current, following) is with_gaps
