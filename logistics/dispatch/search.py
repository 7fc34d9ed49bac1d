"""Ruin and recreate: take a few neighbouring stops out of the plan and put them back better.

After Shaw 1998 and Christiaens & Vanden Berghe 2020 (slack induction by string removals); the amount of
work is counted in positions looked at, never in seconds, so that the same seed gives the same plan.
"""

import math
import random

from logistics.dispatch.plan import INFINITE, Rules, Timing, cheapest_place

Routes = list[list[int]]

# What a round and a sequence cost besides the positions themselves, in positions: work stays even in time.
_PER_ROUND = 40
_PER_SEQUENCE = 3


class Search:
    """One decision's search over sequences; `routes[k]` are slots in the order courier k visits them."""

    def __init__(self, rules: Rules, routes: Routes, rng: random.Random) -> None:
        self.rules, self.rng = rules, rng
        self.timings = [Timing(rules, k, stops) for k, stops in enumerate(routes)]
        self.open = [k for k in range(len(routes)) if k not in rules.closed]
        self.looked = 0

    @property
    def routes(self) -> Routes:
        return [timing.stops for timing in self.timings]

    def insert(self, stop: int, blink: float = 0.0) -> None:
        """Cheapest place over all open couriers; a blink overlooks one now and then."""
        best, chosen, where = INFINITE, -1, -1
        rng, looked = self.rng.random, 0
        for k in self.open:
            if blink and rng() < blink:
                continue
            timing = self.timings[k]
            looked += len(timing.stops) + _PER_SEQUENCE
            cost, place = cheapest_place(self.rules, k, timing, stop, best)
            if place >= 0:
                best, chosen, where = cost, k, place
        self.looked += looked
        if chosen < 0:
            if blink:
                return self.insert(stop)
            chosen = self.rules.owner.get(stop, -1)
            if chosen < 0:
                chosen = self.open[0]
            where = len(self.timings[chosen].stops)
        stops = self.timings[chosen].stops
        self.timings[chosen] = Timing(self.rules, chosen, [*stops[:where], stop, *stops[where:]])
        return None

    def improve(self, budget: int, hot: float, cold: float) -> None:
        """Spend `budget` looked-at positions on ruin and recreate with a cooling threshold."""
        movable = [s for t in self.timings for s in t.stops]
        if len(movable) < 2:
            return
        rules, rng = self.rules, self.rng
        best, best_cost = list(self.timings), self._cost()
        current, current_cost = list(self.timings), best_cost
        self.looked = 0
        ratio = cold / hot
        while self.looked < budget:
            heat = hot * ratio ** (self.looked / budget)
            self.timings = list(current)
            removed = self._ruin(movable)
            self.looked += _PER_ROUND + len(movable)
            self._order(removed)
            for stop in removed:
                self.insert(stop, 0.02)
            cost = self._cost()
            if cost < current_cost - heat * math.log(rng.random() + 1e-12):
                current, current_cost = self.timings, cost
                if cost < best_cost - 1e-9 and self._keeps_notice(rules):
                    best, best_cost = list(current), cost
        self.timings = best

    def _cost(self) -> float:
        cost = sum(t.cost for t in self.timings)
        owner = self.rules.owner
        for k, timing in enumerate(self.timings):
            for stop in timing.stops:
                if owner.get(stop, k) != k:
                    cost += self.rules.move_cost[stop]
        return cost

    def _keeps_notice(self, rules: Rules) -> bool:
        """Nobody is promised another courier who would stand at the door within the notice."""
        limit = rules.now + rules.notice_s
        for k, timing in enumerate(self.timings):
            for stop, arrive in zip(timing.stops, timing.arrive, strict=True):
                if arrive >= limit:
                    break
                if rules.owner.get(stop, k) != k:
                    return False
        return True

    def _ruin(self, movable: list[int]) -> list[int]:
        rng = self.rng
        average = sum(len(t.stops) for t in self.timings) / max(1, sum(1 for t in self.timings if t.stops))
        longest = min(8.0, average)
        strings = int(rng.random() * (4 * 8 / (1 + longest) - 1) + 1)
        seed = movable[int(rng.random() * len(movable))]
        near = sorted(movable, key=self.rules.board.leg[seed].__getitem__)
        near.remove(seed)
        near.insert(0, seed)
        of_stop = {s: k for k, t in enumerate(self.timings) for s in t.stops}
        done: set[int] = set()
        removed: list[int] = []
        for stop in near:
            k = of_stop[stop]
            if k in done:
                continue
            stops = self.timings[k].stops
            size = int(rng.random() * min(len(stops), longest) + 1)
            at = stops.index(stop)
            first = max(0, min(at - int(rng.random() * size), len(stops) - size))
            out = stops[first : first + size]
            removed += out
            gone = set(out)
            self.timings[k] = Timing(self.rules, k, [s for s in stops if s not in gone])
            done.add(k)
            if len(done) >= strings:
                break
        return removed

    def _order(self, removed: list[int]) -> None:
        rng = self.rng
        draw = rng.random()
        if draw < 0.4:
            rng.shuffle(removed)
        elif draw < 0.75:
            removed.sort(key=self.rules.board.deadline.__getitem__)
        else:
            row = self.rules.board.leg[removed[0]] if removed else []
            removed.sort(key=row.__getitem__, reverse=True)
