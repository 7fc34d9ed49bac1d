"""A plan: one sequence of stops per courier, timed, with the cheapest place for another stop.

The innermost loops of the search are here; they look at plain lists and repeat themselves on purpose.
"""

from collections.abc import Sequence

from logistics.dispatch.board import Board
from logistics.dispatch.lateness import Prices

INFINITE = float("inf")


class Rules:
    """What the search must respect for one decision: prices, ownership, who may be given more.

    anchors    per courier the slot he leaves from; `starts` when (seconds)
    closed     couriers who can't be given anything now
    owner      slot → courier whom its applicant expects; `move_cost` slot → price of sending another
    notice_s   no door changes its courier this close before an arrival
    """

    def __init__(
        self,
        board: Board,
        prices: Prices,
        anchors: Sequence[int],
        starts: Sequence[float],
        now: float,
        notice_s: float,
    ) -> None:
        self.board, self.now, self.notice_s = board, now, notice_s
        self.anchors, self.starts = anchors, starts
        self.table, self.slope = prices.table, prices.slope
        self.soft = [deadline - prices.weights.margin_s for deadline in board.deadline]
        self.busy = prices.weights.busy_hour / 3600
        self.wait = prices.weights.wait_hour / 3600
        self.closed: set[int] = set()
        self.owner: dict[int, int] = {}
        self.move_cost: dict[int, float] = {}

    def overdue(self, step: int) -> float:
        """Price of lateness beyond the table: it never stops growing, so nobody is forgotten."""
        top = len(self.table) - 1
        return self.table[top] + self.slope * (step - top)


class Timing:
    """One courier's sequence with arrival, leaving, price before and slack from each stop on.

    `like` is a sequence that begins with the same `same` stops; their times are taken over.
    """

    __slots__ = ("arrive", "cost", "leave", "pay", "slack", "stops")

    arrive: list[float]
    leave: list[float]
    pay: list[float]

    def __init__(
        self, rules: Rules, courier: int, stops: list[int], like: "Timing | None" = None, same: int = 0
    ) -> None:
        leg, soft, service, table = rules.board.leg, rules.soft, rules.board.service, rules.table
        top = len(table)
        at, t, paid = rules.anchors[courier], rules.starts[courier], 0.0
        arrive: list[float] = []
        leave: list[float] = []
        pay: list[float] = []
        if like is not None and same:
            arrive, leave, pay = like.arrive[:same], like.leave[:same], like.pay[:same]
            at, t, paid = stops[same - 1], leave[-1], like.pay[same]
        for stop in stops[same:]:
            t += leg[at][stop]
            arrive.append(t)
            pay.append(paid)
            over = t - soft[stop]
            if over > 0:
                step = int(over) >> 3
                paid += table[step] if step < top else rules.overdue(step)
            t += service[stop]
            leave.append(t)
            at = stop
        pay.append(paid)
        self.stops, self.arrive, self.leave, self.pay = stops, arrive, leave, pay
        self.slack = slack = [0.0] * len(stops)
        least = INFINITE
        for place in range(len(stops) - 1, -1, -1):
            room = soft[stops[place]] - arrive[place]
            if room < least:
                least = room
            slack[place] = least
        waits = sum(arrive) - rules.now * len(stops)
        self.cost = paid + rules.busy * (t - rules.starts[courier]) + rules.wait * waits


Reach = tuple[float, float]
"""How far from a stop (seconds to it, seconds from it) its neighbours in a sequence are looked for."""


def cheapest_place(
    rules: Rules, courier: int, timing: Timing, stop: int, bound: float, reach: Reach
) -> tuple[float, int]:
    """(growth of cost, position) of the best place for a stop in one sequence, or (bound, -1).

    Looked at are the places next to a stop within reach, and the end.
    """
    leg, busy, wait = rules.board.leg, rules.busy, rules.wait
    stops, arrive, leave, slack = timing.stops, timing.arrive, timing.leave, timing.slack
    length, best, where = len(stops), bound, -1
    owner = rules.owner.get(stop, -1)
    moved, earliest = 0.0, 0.0
    if owner >= 0 and owner != courier:
        moved, earliest = rules.move_cost[stop], rules.now + rules.notice_s
        if moved >= best:
            return best, where
    table, top, own_soft, row = rules.table, len(rules.table), rules.soft[stop], leg[stop]
    own_service = rules.board.service[stop]
    far_to, far_from = reach
    at, t = rules.anchors[courier], rules.starts[courier]
    base = moved - wait * rules.now
    for place in range(length + 1):
        come = leg[at][stop]
        if place < length:
            at = stops[place]
            if come > far_to and row[at] > far_from:
                t = leave[place]
                continue
        come += t
        cost = base + wait * come
        over = come - own_soft
        if over > 0:
            step = int(over) >> 3
            cost += table[step] if step < top else rules.overdue(step)
        go = come + own_service
        if place == length:
            cost += busy * (go - t)
        else:
            shift = go + row[at] - arrive[place]
            cost += (busy + wait * (length - place)) * shift
            t = leave[place]
            if cost < best and shift > slack[place]:
                cost += _delayed(rules, timing, place, shift)
        if cost < best and come >= earliest:
            best, where = cost, place
    return best, where


def _delayed(rules: Rules, timing: Timing, first: int, shift: float) -> float:
    """Growth of the lateness prices when everything from `first` on comes `shift` seconds later."""
    table, top, soft, arrive = rules.table, len(rules.table), rules.soft, timing.arrive
    stops = timing.stops
    pay = timing.pay[first] - timing.pay[len(stops)]
    for place in range(first, len(stops)):
        over = arrive[place] + shift - soft[stops[place]]
        if over > 0:
            step = int(over) >> 3
            pay += table[step] if step < top else rules.overdue(step)
    return pay
