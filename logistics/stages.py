"""Which stage may follow which (环节流转表), courier.md §3.

The strict table guides people and screens. A log has gaps, so the derivation asks `reachable`: may this side
stage follow, when scans in between were missed?
"""

from domain.terms import PARCEL_RANK, ParcelStage

S = ParcelStage

_FORWARD = (S.AT_OUTLET, S.IN_TRANSIT, S.AT_DEST_OUTLET, S.OUT_FOR_DELIVERY)
_IN_CUSTODY = frozenset({S.ON_HOLD, S.RETURNING, S.DAMAGED, S.LOST})

NEXT: dict[ParcelStage, frozenset[ParcelStage]] = {
    S.ORDERED: frozenset({S.ACCEPTED, S.CANCELLED}),
    S.ACCEPTED: frozenset({S.ASSIGNED, S.EN_ROUTE, S.CANCELLED, S.ON_HOLD}),
    S.ASSIGNED: frozenset({S.ASSIGNED, S.EN_ROUTE, S.CANCELLED, S.ON_HOLD}),
    # a missed arrival scan is no reason to refuse the pickup or the failure that followed it
    S.EN_ROUTE: frozenset({S.ARRIVED_DOOR, S.ASSIGNED, S.CANCELLED, S.ON_HOLD, S.PICKED_UP, S.PICKUP_FAILED}),
    S.ARRIVED_DOOR: frozenset({S.PICKED_UP, S.PICKUP_FAILED, S.ON_HOLD, S.CANCELLED}),
    S.PICKED_UP: frozenset({*_FORWARD, S.DELIVERED, *_IN_CUSTODY}),
    S.AT_OUTLET: frozenset({*_FORWARD[1:], S.DELIVERED, S.MISROUTED, *_IN_CUSTODY}),
    S.IN_TRANSIT: frozenset({S.IN_TRANSIT, *_FORWARD[2:], S.DELIVERED, S.MISROUTED, *_IN_CUSTODY}),
    S.AT_DEST_OUTLET: frozenset({S.OUT_FOR_DELIVERY, S.DELIVERED, S.MISROUTED, S.AWAITING_COLLECTION, *_IN_CUSTODY}),
    # on the way to a door the courier arrives at it: the second promise stops there
    S.OUT_FOR_DELIVERY: frozenset(
        {S.ARRIVED_DOOR, S.DELIVERED, S.DELIVERY_FAILED, S.AWAITING_COLLECTION, *_IN_CUSTODY}
    ),
    S.DELIVERED: frozenset({S.HALL_CHECKED, S.RETURNING, S.DAMAGED}),
    S.HALL_CHECKED: frozenset({S.RETURNING}),
    S.ON_HOLD: frozenset(
        {*PARCEL_RANK, S.PICKUP_FAILED, S.DELIVERY_FAILED, S.CANCELLED, S.RETURNING, S.LOST, S.DAMAGED}
    ),
    S.PICKUP_FAILED: frozenset({S.ASSIGNED, S.EN_ROUTE, S.ARRIVED_DOOR, S.PICKED_UP, S.CANCELLED, S.ON_HOLD}),
    S.DELIVERY_FAILED: frozenset({*_FORWARD, S.DELIVERED, S.AWAITING_COLLECTION, *_IN_CUSTODY}),
    S.AWAITING_COLLECTION: frozenset({S.OUT_FOR_DELIVERY, S.DELIVERED, *_IN_CUSTODY}),
    S.MISROUTED: frozenset({*_FORWARD, *_IN_CUSTODY}),
    S.DAMAGED: frozenset({*_FORWARD, S.DELIVERED, S.HALL_CHECKED, S.DELIVERY_FAILED, *_IN_CUSTODY}),
    S.CANCELLED: frozenset({S.PICKED_UP, S.ACCEPTED}),
    S.LOST: frozenset({S.PICKED_UP, *_FORWARD, S.DELIVERED, S.RETURNING, S.RETURNED, S.DAMAGED}),
    S.RETURNING: frozenset({S.RETURNED, S.LOST, S.DAMAGED, S.ON_HOLD}),
    S.RETURNED: frozenset(),
}

# A side stage says how far the parcel must have come; used to see that a pickup scan is missing.
IMPLIED_RANK: dict[ParcelStage, int] = {
    S.DELIVERY_FAILED: 100,
    S.AWAITING_COLLECTION: 90,
    S.MISROUTED: 70,
    S.RETURNING: 60,
    S.RETURNED: 60,
    S.DAMAGED: 60,
    S.LOST: 60,
}

# Side stages take a place in the order of events of one second, behind the stage that they follow.
_SIDE_ORDER: dict[ParcelStage, int] = {
    S.PICKUP_FAILED: 51,
    S.MISROUTED: 91,
    S.DELIVERY_FAILED: 101,
    S.AWAITING_COLLECTION: 102,
    S.ON_HOLD: 121,
    S.DAMAGED: 122,
    S.LOST: 123,
    S.CANCELLED: 124,
    S.RETURNING: 125,
    S.RETURNED: 126,
}

# Which stages of the main line end a side stage within the same attempt: at or above this rank.
CLEARED_FROM_RANK: dict[ParcelStage, int] = {
    S.ON_HOLD: 10,
    S.DAMAGED: 10,
    S.PICKUP_FAILED: 30,
    S.CANCELLED: 60,
    S.LOST: 60,
    S.MISROUTED: 70,
    S.DELIVERY_FAILED: 90,
    S.AWAITING_COLLECTION: 100,
}

# After these the next scan of the main line begins another attempt.
ATTEMPT_ENDS = frozenset({S.PICKUP_FAILED, S.DELIVERY_FAILED, S.MISROUTED, S.LOST})


def order_of(stage: ParcelStage) -> int:
    """The place of a stage among events of the same second."""
    return PARCEL_RANK.get(stage) or _SIDE_ORDER[stage]


def allowed(current: ParcelStage, following: ParcelStage) -> bool:
    """Whether the strict table lets `following` come after `current`; screens offer only these."""
    return following in NEXT[current]


def reachable(current: ParcelStage, following: ParcelStage) -> bool:
    """Whether `following` may come after `current` when scans of the main line in between were missed."""
    if following in NEXT[current]:
        return True
    if following is S.RETURNED:
        return reachable(current, S.RETURNING)
    rank = PARCEL_RANK.get(current)
    if rank is None:
        return False
    return any(following in NEXT[stage] for stage, other in PARCEL_RANK.items() if other > rank)
