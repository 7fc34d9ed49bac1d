"""A plan: one sequence of stops per courier, timed, with the cheapest place for another stop."""

from collections.abc import Sequence

from logistics.dispatch.board import Board
from logistics.dispatch.lateness import Weights

INFINITE = float("inf")


class Rules:
    """What the search must respect for one decision: prices, ownership, who may be given more."""

    def __init__(
        self,
        board: Board,
        weights: Weights,
        table: list[float],
        anchors: Sequence[int],
        starts: Sequence[float],
        now: float,
        notice_s: float,
    ) -> None:
        self.board, self.weights, self.table, self.now = board, weights, table, now
        self.notice_s = notice_s
        self.anchors, self.starts = anchors, starts
        self.soft = [d - weights.margin_s for d in board.deadline]
        self.busy = weights.busy_hour / 3600
        self.wait = weights.wait_hour / 3600
        self.closed: set[int] = set()
        self.owner: dict[int, int] = {}
        self.move_cost: dict[int, float] = {}


class Timing:
    """One courier's sequence with arrival, leaving, cost before and slack after each stop."""

    __slots__ = ("arrive", "cost", "leave", "pay", "slack", "stops")

    def __init__(self, rules: Rules, courier: int, stops: list[int]) -> None:
        self.stops = stops
        leg, soft, service, table = rules.board.leg, rules.soft, rules.board.service, rules.table
        wait, top, now = rules.wait, len(rules.table) - 1, rules.now
        at, t = rules.anchors[courier], rules.starts[courier]
        began, pay = t, 0.0
        self.arrive: list[float] = []
        self.leave: list[float] = []
        self.pay: list[float] = []
        late: list[float] = []
        waits = 0.0
        for stop in stops:
            t += leg[at][stop]
            over = t - soft[stop]
            self.arrive.append(t)
            self.pay.append(pay)
            late.append(-over)
            if over > 0:
                index = int(over) >> 3
                pay += table[index if index < top else top]
            waits += t - now
            t += service[stop]
            self.leave.append(t)
            at = stop
        self.pay.append(pay)
        least = INFINITE
        for place in range(len(late) - 1, -1, -1):
            if late[place] < least:
                least = late[place]
            late[place] = least
        self.slack = late
        self.cost = pay + rules.busy * (t - began) + wait * waits


def cheapest_place(rules: Rules, courier: int, timing: Timing, stop: int, bound: float) -> tuple[float, int]:
    """(growth of cost, position) of the best place for a stop in one sequence, or (bound, -1)."""
    leg, soft, service, table = rules.board.leg, rules.soft, rules.board.service, rules.table
    top, busy, wait = len(table) - 1, rules.busy, rules.wait
    stops, arrive, leave, slack, pay = timing.stops, timing.arrive, timing.leave, timing.slack, timing.pay
    length = len(stops)
    best, where = bound, -1
    owner = rules.owner.get(stop, -1)
    moved, earliest = 0.0, 0.0
    if owner >= 0 and owner != courier:
        moved, earliest = rules.move_cost[stop], rules.now + rules.notice_s
        if moved >= best:
            return best, where
    own_service, own_soft, row = service[stop], soft[stop], leg[stop]
    at, t = rules.anchors[courier], rules.starts[courier]
    base = moved - wait * rules.now
    for place in range(length + 1):
        come = t + leg[at][stop]
        cost = base + wait * come
        over = come - own_soft
        if over > 0:
            index = int(over) >> 3
            cost += table[index if index < top else top]
        go = come + own_service
        if place < length:
            at = stops[place]
            then = go + row[at]
            shift = then - arrive[place]
            cost += (busy + wait * (length - place)) * shift
            if cost < best and come >= earliest:
                if shift > slack[place]:
                    cost -= pay[length] - pay[place]
                    for later in range(place, length):
                        over = arrive[later] + shift - soft[stops[later]]
                        if over > 0:
                            index = int(over) >> 3
                            cost += table[index if index < top else top]
                if cost < best:
                    best, where = cost, place
            t = leave[place]
        else:
            cost += busy * (go - t)
            if cost < best and come >= earliest:
                best, where = cost, place
    return best, where
