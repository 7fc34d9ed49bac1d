"""Ruin and recreate: take a few neighbouring stops out of the plan and put them back better.

After Shaw 1998 and Christiaens & Vanden Berghe 2020 (slack induction by string removals); the amount of
work is counted in positions looked at, never in seconds, so that the same seed gives the same plan.
"""

import math
import random

from logistics.dispatch.plan import INFINITE, Reach, Rules, Timing, cheapest_place

Routes = list[list[int]]

# What a round and a sequence cost besides the positions themselves, in positions: work stays even in time.
_PER_ROUND = 40
_PER_SEQUENCE = 3
_LONGEST_STRING = 11.0
_AVERAGE_REMOVED = 9.0
_NEIGHBOURS = 10  # a stop is tried next to this many of its nearest
_BLINK = 0.02  # share of sequences overlooked at an insertion, so that greedy choices vary


class Search:
    """One decision's search over sequences; `routes[k]` are slots in the order courier k visits them."""

    def __init__(self, rules: Rules, routes: Routes, rng: random.Random) -> None:
        self.rules, self.rng = rules, rng
        self.timings = [Timing(rules, k, stops) for k, stops in enumerate(routes)]
        self.open = [k for k in range(len(routes)) if k not in rules.closed]
        self.looked = 0
        self.stops = [stop for stops in routes for stop in stops]
        self._reach: dict[int, Reach] = {}

    @property
    def routes(self) -> Routes:
        """The plan as it is now."""
        return [timing.stops for timing in self.timings]

    def insert(self, stop: int, blink: float = 0.0) -> None:
        """Cheapest place over all open couriers; a blink overlooks one now and then."""
        best, chosen, where = INFINITE, -1, -1
        reach = self._reach_of(stop)
        draw = self.rng.random
        for k in self.open:
            if blink and draw() < blink:
                continue
            timing = self.timings[k]
            self.looked += len(timing.stops) + _PER_SEQUENCE
            cost, place = cheapest_place(self.rules, k, timing, stop, best, reach)
            if place >= 0:
                best, chosen, where = cost, k, place
        if chosen < 0 and blink:
            self.insert(stop)
            return
        if chosen < 0:  # no rule may leave a job out: the one whom the applicant expects goes, after the rest
            chosen = self.rules.owner.get(stop, self.open[0])
            where = len(self.timings[chosen].stops)
        like = self.timings[chosen]
        stops = [*like.stops[:where], stop, *like.stops[where:]]
        self.timings[chosen] = Timing(self.rules, chosen, stops, like, where)

    def _reach_of(self, stop: int) -> Reach:
        """Trying every place would leave a full day's decision too few rounds; far places are seldom the best."""
        if len(self.stops) <= _NEIGHBOURS:
            return INFINITE, INFINITE
        known = self._reach.get(stop)
        if known is None:
            leg, others = self.rules.board.leg, [other for other in self.stops if other != stop]
            to, away = sorted(leg[other][stop] for other in others), sorted(leg[stop][other] for other in others)
            known = self._reach[stop] = to[_NEIGHBOURS - 1], away[_NEIGHBOURS - 1]
        return known

    def improve(self, budget: int, hot: float, cold: float) -> None:
        """Spend `budget` looked-at positions on ruin and recreate under a cooling threshold."""
        self.stops = [stop for timing in self.timings for stop in timing.stops]
        self._reach.clear()
        if not self.stops:
            return
        best = current = self.timings
        best_cost = current_cost = self._cost()
        self.looked = 0
        while self.looked < budget:
            heat = hot * (cold / hot) ** (self.looked / budget)
            self.timings = list(current)
            self.looked += _PER_ROUND + len(self.stops)
            for stop in self._in_some_order(self._ruin()):
                self.insert(stop, _BLINK)
            cost = self._cost()
            if cost < current_cost - heat * math.log(self.rng.random() + 1e-12):
                current, current_cost = self.timings, cost
                if cost < best_cost - 1e-9 and self._keeps_notice():
                    best, best_cost = current, cost
        self.timings = best

    def _cost(self) -> float:
        owner, move_cost = self.rules.owner, self.rules.move_cost
        cost = 0.0
        for k, timing in enumerate(self.timings):
            cost += timing.cost
            for stop in timing.stops:
                if owner.get(stop, k) != k:
                    cost += move_cost[stop]
        return cost

    def _keeps_notice(self) -> bool:
        """Whether no applicant gets another courier who would stand at the door within the notice."""
        limit, owner = self.rules.now + self.rules.notice_s, self.rules.owner
        return not any(
            arrive < limit and owner.get(stop, k) != k
            for k, timing in enumerate(self.timings)
            for stop, arrive in zip(timing.stops, timing.arrive, strict=True)
        )

    def _ruin(self) -> list[int]:
        """Take a string of stops out of each of the sequences nearest to a random stop."""
        draw, movable = self.rng.random, self.stops
        used = sum(1 for timing in self.timings if timing.stops)
        longest = min(_LONGEST_STRING, len(movable) / used)
        strings = int(draw() * (4 * _AVERAGE_REMOVED / (1 + longest) - 1) + 1)
        middle = movable[int(draw() * len(movable))]
        near = sorted(movable, key=self.rules.board.leg[middle].__getitem__)
        sequence_of = {stop: k for k, timing in enumerate(self.timings) for stop in timing.stops}
        done: set[int] = set()
        removed: list[int] = []
        for stop in [middle, *near]:
            k = sequence_of[stop]
            if k not in done:
                done.add(k)
                removed += self._take_string(k, stop, longest)
                if len(done) >= strings:
                    break
        return removed

    def _take_string(self, k: int, stop: int, longest: float) -> list[int]:
        draw, stops = self.rng.random, self.timings[k].stops
        size = min(len(stops), int(draw() * min(len(stops), longest) + 1))
        first = max(0, min(stops.index(stop) - int(draw() * size), len(stops) - size))
        self.timings[k] = Timing(self.rules, k, stops[:first] + stops[first + size :], self.timings[k], first)
        return stops[first : first + size]

    def _in_some_order(self, removed: list[int]) -> list[int]:
        draw = self.rng.random()
        if draw < 0.4:
            self.rng.shuffle(removed)
        elif draw < 0.75:
            removed.sort(key=self.rules.board.deadline.__getitem__)
        else:
            removed.sort(key=self.rules.board.leg[removed[0]].__getitem__, reverse=True)
        return removed
