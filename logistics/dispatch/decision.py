"""One decision: put what is unplanned into the plan, then improve the plan as far as its rules allow."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from logistics.dispatch.lateness import prices
from logistics.dispatch.models import Id
from logistics.dispatch.plan import INFINITE, Rules, Timing
from logistics.dispatch.search import Search
from logistics.dispatch.staff import Staff
from logistics.dispatch.state import State

NOTICE_S = 300.0
"""No job changes its courier this close before an arrival (courier.md §6 (f))."""
MOST_MOVES = 3


@dataclass(frozen=True)
class Effort:
    """How much a decision may look at, in positions (about 0.5 µs each), never in seconds."""

    on_event: int = 24_000
    on_question: int = 12_000
    hot: float = 0.037
    cold: float = 0.00044


class Planner:
    """Plans a state."""

    def __init__(self, effort: Effort) -> None:
        self.effort = effort

    def rules(self, state: State, now: float, asked: Collection[Id] = ()) -> Rules:
        """What the search must respect now."""
        crew = list(state.staff.values())
        place_of = {staff.id: k for k, staff in enumerate(crew)}
        priced = prices(_plan_minutes(state, now))
        anchors = [state.leaves_from(staff) for staff in crew]
        starts = [staff.free_at(now) for staff in crew]
        rules = Rules(state.board, priced, anchors, starts, now, NOTICE_S)
        rules.closed = _closed(crew, asked)
        rules.owner = {slot: place_of[owner] for slot, owner in state.owner.items() if state.staff[owner].on_duty}
        price = priced.weights.move
        rules.move_cost = {
            slot: price * (1 + moves) if moves < MOST_MOVES else INFINITE for slot, moves in state.moves.items()
        }
        return rules

    def decide(self, state: State, now: float, key: str, asked: Collection[Id], effort: int) -> None:
        """Plan anew; `asked` are the idle couriers who are being asked for their next job now."""
        rules = self.rules(state, now, asked)
        crew = list(state.staff.values())
        if len(rules.closed) == len(crew):
            return
        search = Search(rules, [staff.stops for staff in crew], random.Random(key))
        _keep_notice(rules, search)
        for slot in sorted(state.unplanned, key=state.board.deadline.__getitem__):
            search.insert(slot)
        search.improve(effort, self.effort.hot, self.effort.cold)
        state.unplanned.clear()
        for staff, stops in zip(crew, search.routes, strict=True):
            staff.stops = list(stops)
            for slot in stops:
                before = state.owner.get(slot)
                if before is not None and before != staff.id:
                    state.moves[slot] += 1
                state.owner[slot] = staff.id

    def arrival(self, state: State, staff: Staff, slot: int, now: float) -> float:
        """When he will be at a door of his sequence, as expected at `now` (seconds)."""
        crew = list(state.staff.values())
        timing = Timing(self.rules(state, now), crew.index(staff), staff.stops)
        return timing.arrive[staff.stops.index(slot)]


def _plan_minutes(state: State, now: float) -> float:
    """How long the couriers on duty are booked out, on average."""
    leg, service, booked, crew = state.board.leg, state.board.service, 0.0, 0
    for staff in state.staff.values():
        if not staff.on_duty:
            continue
        crew += 1
        booked += staff.free_at(now) - now
        at = state.leaves_from(staff)
        for slot in staff.stops:
            booked += leg[at][slot] + service[slot]
            at = slot
    return booked / 60 / max(1, crew)


def _closed(crew: Sequence[Staff], asked: Collection[Id]) -> set[int]:
    """Whoever is off duty; and the idle with nothing planned, unless being asked now.

    Nobody asks these again before the next job comes: what they are given might wait for hours. When there
    is nobody else, they are given it all the same.
    """
    absent = {k for k, staff in enumerate(crew) if not staff.on_duty}
    parked = {k for k, staff in enumerate(crew) if staff.job is None and not staff.stops and staff.id not in asked}
    closed = absent | parked
    return absent if len(closed) == len(crew) else closed


def _keep_notice(rules: Rules, search: Search) -> None:
    limit = rules.now + NOTICE_S
    for timing in search.timings:
        for stop, arrive in zip(timing.stops, timing.arrive, strict=True):
            if arrive < limit:
                rules.move_cost[stop] = INFINITE
